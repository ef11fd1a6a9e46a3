/** What a checkpoint file of a walk says. */
import { Coverage, WalkPosition } from "@effect-elnudge/core"
import * as Schema from "effect/Schema"

export const SavedCheckpoint = Schema.fromJsonString(
  Schema.Struct({
    query: Schema.Record(Schema.String, Schema.String),
    query_hash: Schema.String,
    position: WalkPosition.WalkPosition,
    coverage: Coverage.Coverage,
    state: Schema.Unknown,
  }),
)
