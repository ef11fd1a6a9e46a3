/** What callers have to handle and to provide: checked by `tsc -p tsconfig.test.json`, since types are gone when tests run. */
import type { Session } from "@effect-elnudge/core"
import { AsOf, Emulator, EmulatorClock, FaultScript, Generator } from "@effect-elnudge/emulator"
import { describe, expectTypeOf, it } from "@effect/vitest"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type { HttpServer } from "effect/http"
import type * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"

describe("the emulator", () => {
  it("serves on any HttpServer, and its layer cannot fail", () => {
    expectTypeOf(Emulator.layer).returns.toEqualTypeOf<Layer.Layer<Emulator.Emulator, never, HttpServer.HttpServer>>()
  })

  it("says where it is, and counts without failing", () => {
    type Service = Emulator.Emulator["Service"]
    expectTypeOf<Service["baseUrl"]>().toEqualTypeOf<string>()
    expectTypeOf<Service["requests"]>().toEqualTypeOf<Effect.Effect<Emulator.RequestCounts>>()
    expectTypeOf<Service["faults"]>().toEqualTypeOf<Effect.Effect<ReadonlyArray<FaultScript.Acted>>>()
  })

  it("asks for sessions", () => {
    expectTypeOf<{ readonly key: string }>().not.toExtend<Emulator.Options>()
  })
})

describe("what it serves", () => {
  it("is made from a seed, and needs nothing", () => {
    type Made = ReturnType<typeof Generator.make>
    expectTypeOf<Effect.Success<Made>>().toExtend<ReadonlyArray<Session.Detail>>()
    expectTypeOf<Effect.Error<Made>>().toEqualTypeOf<never>()
    expectTypeOf<Effect.Services<Made>>().toEqualTypeOf<never>()
    expectTypeOf(Generator.stream).returns.toEqualTypeOf<Stream.Stream<Session.Detail>>()
    expectTypeOf<Generator.Options["end"]>().toEqualTypeOf<DateTime.DateTime>()
    expectTypeOf<{ readonly count: number }>().not.toExtend<Generator.Options>()
  })

  it("is broken by a script that is checked", () => {
    expectTypeOf(FaultScript.decode).returns.toEqualTypeOf<
      Effect.Effect<FaultScript.FaultScript, FaultScript.FaultScriptError>
    >()
    type Parsed = ReturnType<typeof FaultScript.parse>
    expectTypeOf<Effect.Error<Parsed>>().toEqualTypeOf<FaultScript.FaultScriptError>()
    expectTypeOf<Effect.Services<Parsed>>().toEqualTypeOf<never>()
  })

  it("has a clock of its own", () => {
    expectTypeOf<Effect.Services<ReturnType<typeof EmulatorClock.start>>>().toEqualTypeOf<never>()
    expectTypeOf(AsOf).toBeObject()
  })
})
