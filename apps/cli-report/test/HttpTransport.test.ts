import * as HttpConformance from "../../../packages/core/test/HttpConformance.ts"
import * as Layer from "effect/Layer"
import * as HttpTransport from "../src/HttpTransport.ts"

HttpConformance.conforms("the program's own transport", Layer.orDie(HttpTransport.layer))
