import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { FetchHttpClient } from "effect/http"
import * as HttpConformance from "./HttpConformance.ts"

HttpConformance.conforms("fetch", FetchHttpClient.layer, ["a 100 before the answer", "a proxy that wants a password"])
HttpConformance.conforms("undici", NodeHttpClient.layerUndici, ["a 100 before the answer"])
HttpConformance.conforms("node:http", NodeHttpClient.layerNodeHttp)
