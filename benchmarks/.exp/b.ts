import "effect/schema/SchemaJITCompiler/enable"
import { Coverage, ElnudgeClient, RequestLimiter, SessionStream } from "@effect-elnudge/core"
import { CohortReport } from "@effect-elnudge/report"
import * as CheckedJson from "@effect-elnudge/core/CheckedJson"
import * as SessionsApi from "@effect-elnudge/core/SessionsApi"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as DateTime from "effect/DateTime"
import { NodeHttpClient } from "@effect/platform-node"
import { Pool } from "undici"
import * as Peer from "../peers/Peer.ts"
const base="http://127.0.0.1:4555/v1"
const from=DateTime.makeUnsafe("2025-10-01T00:00:00Z"),to=DateTime.makeUnsafe("2025-10-31T00:00:00Z")
const W={from:"2025-10-01T00:00:00Z",to:"2025-10-31T00:00:00Z"}
let N=0
const only=process.argv[2]
const measure=async(name:string, f:()=>Promise<unknown>)=>{if(only&&!name.startsWith(only))return;await f();await f();N=0;globalThis.gc?.();const c=process.cpuUsage();const t=performance.now();await f();await f();const d=process.cpuUsage(c);console.log(name.padEnd(40),((d.user+d.system)/N).toFixed(2)+"µs", (d.system/N).toFixed(2)+" sys", ((performance.now()-t)/N*1000).toFixed(2)+"µs wall",N,(process.memoryUsage().rss/1e6).toFixed(0)+"MB")}
const read=CheckedJson.reader(SessionsApi.SessionPage)
const pool=new Pool("http://127.0.0.1:4555",{connections:1})
const raw=(check:boolean)=>async()=>{let cursor:string|undefined;do{const r=await pool.request({path:"/v1/sessions?limit=200&from="+W.from+"&to="+W.to+(cursor?"&cursor="+cursor:""),method:"GET",headers:{authorization:"Bearer "+Peer.key}});const t=await r.body.text();const p=check?(read(t) as any).success:JSON.parse(t) as any;N+=p.data.length;cursor=p.has_more?p.next_cursor:undefined}while(cursor)}
await measure("0 raw",raw(false))
await measure("1 raw + our check",raw(true))
const L=Layer.effect(ElnudgeClient.ElnudgeClient,ElnudgeClient.make({apiKey:Redacted.make(Peer.key),baseUrl:base,requestsPerMinute:100_000_000})).pipe(Layer.provide(RequestLimiter.layerFresh),Layer.provideMerge(NodeHttpClient.layerUndici))
const run=(name:string,e:Effect.Effect<unknown,any,any>)=>measure(name,()=>e.pipe(Effect.provide(L),Effect.runPromise as any))
await run("2 client.listSessions loop",Effect.gen(function*(){const c=yield* ElnudgeClient.ElnudgeClient;let cursor:string|undefined;do{const p:any=yield* c.listSessions({window:W,limit:200,cursor});N+=p.data.length;cursor=p.has_more?p.next_cursor:undefined}while(cursor)}))

import { HttpClient, HttpClientRequest } from "effect/http"
const loop=(name:string,get:(c:HttpClient.HttpClient,url:string)=>Effect.Effect<any,any,any>)=>run(name,Effect.gen(function*(){const c=yield* HttpClient.HttpClient;let cursor:string|undefined;do{const p:any=yield* get(c,base+"/sessions?limit=200&from="+W.from+"&to="+W.to+(cursor?"&cursor="+cursor:""));N+=p.data.length;cursor=p.has_more?p.next_cursor:undefined}while(cursor)}).pipe(Effect.provideService(HttpClient.TracerDisabledWhen,()=>true)))
const req=(u:string)=>HttpClientRequest.get(u).pipe(HttpClientRequest.bearerToken(Peer.key))
await loop("a text, parse",(c,u)=>c.execute(req(u)).pipe(Effect.flatMap(r=>r.text),Effect.map(t=>JSON.parse(t))))
await loop("b text, check",(c,u)=>c.execute(req(u)).pipe(Effect.flatMap(r=>r.text),Effect.map(t=>(read(t) as any).success)))
const utf8=new TextDecoder("utf-8",{fatal:true})
await loop("c arrayBuffer, check",(c,u)=>c.execute(req(u)).pipe(Effect.flatMap(r=>r.arrayBuffer),Effect.map(t=>(read(utf8.decode(t)) as any).success)))
const nf=new TextDecoder("utf-8")
await loop("d arrayBuffer nonfatal, check",(c,u)=>c.execute(req(u)).pipe(Effect.flatMap(r=>r.arrayBuffer),Effect.map(t=>(read(nf.decode(t)) as any).success)))
await loop("e source.body.text",(c,u)=>c.execute(req(u)).pipe(Effect.flatMap((r:any)=>Effect.promise(()=>r.original.source.body.text())),Effect.map((t:any)=>(read(t) as any).success)))
await loop("f timeout",(c,u)=>c.execute(req(u)).pipe(Effect.flatMap((r:any)=>r.text),Effect.timeout(30000),Effect.map((t:any)=>(read(t) as any).success)))
process.exit(0)
