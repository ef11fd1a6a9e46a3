/**
 * `node release/Publish.ts [--dry-run]`: publishes the tarballs that were checked, each after what it depends on, and leaves out
 * what is published already, so that a release that broke off can be run again. For the release workflow: npm takes who
 * it is, and what it states of provenance, from there.
 */
import * as Command from "./Command.ts"
import * as Pack from "./Pack.ts"
import * as Packages from "./Packages.ts"

const cwd = Pack.folder

const isPublished = async ({ name, version }: Packages.Package): Promise<boolean> => {
  const { exitCode, stderr, stdout } = await Command.attempt("npm", ["view", `${name}@${version}`, "version"], { cwd })
  if (exitCode === 0) return stdout.trim() === version
  if (stderr.includes("E404")) return false
  throw new Error(`npm does not say whether ${name} ${version} is published:\n${stderr}`)
}

const isDryRun = process.argv.includes("--dry-run")
const options = ["--access", "public", isDryRun ? "--dry-run" : "--provenance"]
const done = isDryRun ? "would be published" : "published"

const unstated = Packages.all.filter(({ hasRepository }) => !hasRepository)
if (unstated.length > 0 && !isDryRun) {
  const names = unstated.map(({ name }) => name).join(", ")
  throw new Error(
    `no \`repository\` in the package.json of ${names}: provenance is checked against it, so set it first`,
  )
}

for (const one of Packages.all) {
  const isThere = await isPublished(one)
  if (!isThere) await Command.run("npm", ["publish", Pack.path(one), ...options], { cwd })
  process.stdout.write(`${one.name} ${one.version}: ${isThere ? "was published before" : done}\n`)
}
