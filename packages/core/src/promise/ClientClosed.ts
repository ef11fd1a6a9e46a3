/** What is under way, or asked for, when its client was closed. */
import * as Schema from "effect/Schema"
import { AdvisedError } from "../AdvisedError.ts"

/** `close()` was called: nothing is asked for any more. */
export class ClientClosed extends AdvisedError.extend<ClientClosed>("ClientClosed")({
  _tag: Schema.tag("ClientClosed"),
}) {
  override get message(): string {
    return "The elNudge client was closed."
  }
  get advice(): string {
    return "Make a new client, or close this one after its last use."
  }
}
