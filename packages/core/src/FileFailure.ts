/** Why the file system refused, in a word. */
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"

/** The system's own code (ENOSPC, EACCES), which says more than a class of errors does; else that class. */
export const reasonOf = ({ reason }: PlatformError): string =>
  Predicate.hasProperty(reason.cause, "code") && Predicate.isString(reason.cause.code) ? reason.cause.code : reason._tag
