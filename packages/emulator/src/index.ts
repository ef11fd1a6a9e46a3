export * as AsOf from "./AsOf.ts"
export * as Emulator from "./Emulator.ts"
export * as Faults from "./Faults.ts"
export * as Generator from "./Generator.ts"
