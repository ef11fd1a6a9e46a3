/** The platform that this program runs on. Its file system comes with its first use: to read a command line takes none. */
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Stream from "effect/Stream"
import * as ClosedStdout from "./ClosedStdout.ts"

const files = Effect.flatMap(
  Effect.promise(() => import("@effect/platform-node/NodeFileSystem")),
  ({ layer }) => Effect.provide(FileSystem.FileSystem, layer),
)

const fileSystem = Layer.succeed(
  FileSystem.FileSystem,
  FileSystem.make({
    access: (...args) => Effect.flatMap(files, ({ access }) => access(...args)),
    chmod: (...args) => Effect.flatMap(files, ({ chmod }) => chmod(...args)),
    chown: (...args) => Effect.flatMap(files, ({ chown }) => chown(...args)),
    copy: (...args) => Effect.flatMap(files, ({ copy }) => copy(...args)),
    copyFile: (...args) => Effect.flatMap(files, ({ copyFile }) => copyFile(...args)),
    link: (...args) => Effect.flatMap(files, ({ link }) => link(...args)),
    lstat: (...args) => Effect.flatMap(files, ({ lstat }) => lstat(...args)),
    makeDirectory: (...args) => Effect.flatMap(files, ({ makeDirectory }) => makeDirectory(...args)),
    makeTempDirectory: (...args) => Effect.flatMap(files, ({ makeTempDirectory }) => makeTempDirectory(...args)),
    makeTempDirectoryScoped: (...args) =>
      Effect.flatMap(files, ({ makeTempDirectoryScoped }) => makeTempDirectoryScoped(...args)),
    makeTempFile: (...args) => Effect.flatMap(files, ({ makeTempFile }) => makeTempFile(...args)),
    makeTempFileScoped: (...args) => Effect.flatMap(files, ({ makeTempFileScoped }) => makeTempFileScoped(...args)),
    open: (...args) => Effect.flatMap(files, ({ open }) => open(...args)),
    readDirectory: (...args) => Effect.flatMap(files, ({ readDirectory }) => readDirectory(...args)),
    readDirectoryEntries: (...args) =>
      Effect.flatMap(files, ({ readDirectoryEntries }) => readDirectoryEntries(...args)),
    readFile: (...args) => Effect.flatMap(files, ({ readFile }) => readFile(...args)),
    readLink: (...args) => Effect.flatMap(files, ({ readLink }) => readLink(...args)),
    realPath: (...args) => Effect.flatMap(files, ({ realPath }) => realPath(...args)),
    remove: (...args) => Effect.flatMap(files, ({ remove }) => remove(...args)),
    rename: (...args) => Effect.flatMap(files, ({ rename }) => rename(...args)),
    stat: (...args) => Effect.flatMap(files, ({ stat }) => stat(...args)),
    symlink: (...args) => Effect.flatMap(files, ({ symlink }) => symlink(...args)),
    truncate: (...args) => Effect.flatMap(files, ({ truncate }) => truncate(...args)),
    utimes: (...args) => Effect.flatMap(files, ({ utimes }) => utimes(...args)),
    watch: (...args) => Stream.unwrap(Effect.map(files, ({ watch }) => watch(...args))),
    writeFile: (...args) => Effect.flatMap(files, ({ writeFile }) => writeFile(...args)),
  }),
)

// effect/cli asks for it, and this program starts none.
const noProcesses = Layer.succeed(
  ChildProcessSpawner.ChildProcessSpawner,
  ChildProcessSpawner.make(() => Effect.die("this program starts no process")),
)

export const layer = Layer.mergeAll(
  fileSystem,
  noProcesses,
  NodePath.layer,
  NodeStdio.layer,
  NodeTerminal.layer,
  ClosedStdout.layer,
)
