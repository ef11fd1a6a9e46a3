import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Duration from "effect/Duration"
const K=20000
const measure=async(name:string,e:Effect.Effect<unknown>)=>{const f=()=>Effect.runPromise(Effect.forEach(Array.from({length:K}),()=>e,{discard:true}));await f();const c=process.cpuUsage();const t=performance.now();await f();const d=process.cpuUsage(c);console.log(name.padEnd(40),((d.user+d.system)/K).toFixed(1)+"µs",((performance.now()-t)/K*1000).toFixed(1)+" wall")}
const imm=Effect.callback<void>(r=>{setImmediate(()=>r(Effect.void))})
await measure("immediate",imm)
await measure("promise",Effect.promise(()=>Promise.resolve()))
await measure("timeout(immediate)",Effect.timeoutOrElse(imm,{duration:30000,orElse:()=>Effect.void}))
await measure("timeout Duration",Effect.timeoutOrElse(imm,{duration:Duration.seconds(30),orElse:()=>Effect.void}))
await measure("timeout(promise)",Effect.timeoutOrElse(Effect.promise(()=>Promise.resolve()),{duration:30000,orElse:()=>Effect.void}))
await measure("raceFirst",Effect.raceFirst(imm,Effect.never))
await measure("forkChild+join",Effect.flatMap(Effect.forkChild(imm),Fiber.join))
await measure("fork start imm",Effect.flatMap(Effect.forkChild(imm,{startImmediately:true}),Fiber.join))
await measure("sleep then interrupt",Effect.flatMap(Effect.forkChild(Effect.sleep(30000),{startImmediately:true}),f=>Effect.andThen(imm,Fiber.interrupt(f))))
await measure("callback+setTimeout raw",Effect.callback<void>(r=>{const t=setTimeout(()=>r(Effect.void),30000);setImmediate(()=>{clearTimeout(t);r(Effect.void)})}))
process.exit(0)
