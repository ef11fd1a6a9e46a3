/** Why a place cannot be written, in words, and what to do about it. */
import { reasonOf } from "@effect-elnudge/core/FileFailure"
import type { PlatformError } from "effect/PlatformError"
import * as ShellWords from "./ShellWords.ts"

export interface WriteFailure {
  readonly reason: string
  readonly advice: string
}

const folderOf = (file: string): string => {
  const end = Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\"))
  return end === -1 ? "." : file.slice(0, Math.max(end, 1))
}

/** What the system's code says of this place; codes that nobody meets stay as they are. */
export const make = (file: string, error: PlatformError): WriteFailure => {
  const code = reasonOf(error)
  switch (code) {
    case "ENOENT":
    case "NotFound":
      return {
        reason: `the folder ${folderOf(file)} is not there`,
        advice: `Make it first: mkdir -p ${ShellWords.join([folderOf(file)])}`,
      }
    case "EACCES":
    case "EPERM":
    case "PermissionDenied":
      return {
        reason: "not allowed to write there",
        advice: "Give a place in a folder of your own, or have its permissions changed.",
      }
    case "EROFS":
      return { reason: "the disk there can only be read", advice: "Give a place on another disk." }
    case "ENOSPC":
      return { reason: "no space is left on the disk", advice: "Make room, or give a place on another disk." }
    case "EDQUOT":
      return { reason: "your quota of the disk is used up", advice: "Make room, or give a place on another disk." }
    case "EISDIR":
      return isFolder
    case "ENOTDIR":
    case "EEXIST":
      return { reason: "a part of the path is a file, not a folder", advice: "Check the path, or give another one." }
    case "ELOOP":
      return { reason: "its links lead to each other", advice: "Mend the link, or give the name of a file." }
    case "EBUSY":
      return { reason: "something uses it", advice: "End what uses it, or give another name." }
    case "EFBIG":
      return { reason: "it would be larger than a file may be here", advice: "Raise the limit (ulimit -f)." }
    case "ENAMETOOLONG":
      return { reason: "the name is too long", advice: "Give a shorter one." }
    default:
      return { reason: code, advice: "Check the folder, its permissions and the free space." }
  }
}

/** A folder is where a file was to be. */
export const isFolder: WriteFailure = {
  reason: "it is a folder",
  advice: "Give the name of a file, such as one in it.",
}
