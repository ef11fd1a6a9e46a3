/** What a module declares to others: its docstrings and its declarations, as text. */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Comment, parseSync, type Statement } from "oxc-parser"

export interface Item {
  readonly name: string
  /** As it stands above the declaration; empty where nothing does. */
  readonly doc: string
  /** Of a function's parameters, such as `z = Proportion.z95`. */
  readonly defaults: ReadonlyArray<string>
  readonly code: string
}

export interface Module {
  /** Its first docstring, if that is no declaration's. */
  readonly doc: string
  /** A value and a type of one name are two items. */
  readonly items: ReadonlyArray<Item>
}

interface Parsed {
  readonly path: string
  readonly text: string
  readonly statements: ReadonlyArray<Statement>
  readonly comments: ReadonlyArray<Comment>
}

const parse = (path: string): Parsed => {
  const text = readFileSync(path, "utf8")
  const { comments, errors, program } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  return { path, text, statements: program.body, comments }
}

/** Where the built declarations of a source are. */
const declarationsOf = (source: string): string => source.replace(/\/src\/(.*)\.ts$/, "/dist/$1.d.ts")

const plain = (comment: string): string =>
  comment
    .replace(/^\*/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .replaceAll(/\{@link (\S+?)\}/g, "`$1`")
    .trim()

const isDocstring = ({ type, value }: Comment): boolean => type === "Block" && value.startsWith("*")

const docBefore = ({ comments, text }: Parsed, start: number): string => {
  const above = comments.find((one) => isDocstring(one) && one.end <= start && text.slice(one.end, start).trim() === "")
  return above === undefined ? "" : plain(above.value)
}

const introOf = (parsed: Parsed): string => {
  const [first] = parsed.comments
  if (first === undefined || !isDocstring(first) || parsed.text.slice(0, first.start).trim() !== "") return ""
  const [next] = parsed.statements
  const isDeclarations = next !== undefined && next.type !== "ImportDeclaration" && !isReexport(next)
  return isDeclarations && docBefore(parsed, next.start) === plain(first.value) ? "" : plain(first.value)
}

const isReexport = (statement: Statement): boolean =>
  statement.type === "ExportAllDeclaration" ||
  (statement.type === "ExportNamedDeclaration" && statement.source !== null)

const declarationIn = (statement: Statement) =>
  statement.type === "ExportNamedDeclaration" && statement.declaration !== null ? statement.declaration : statement

const namesOf = (statement: Statement): ReadonlyArray<string> => {
  const declaration = declarationIn(statement)
  switch (declaration.type) {
    case "VariableDeclaration":
      return declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []))
    case "ClassDeclaration":
    case "FunctionDeclaration":
      return declaration.id === null ? [] : [declaration.id.name]
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return [declaration.id.name]
    default:
      return []
  }
}

const declaring = ({ statements }: Parsed, name: string): ReadonlyArray<Statement> =>
  statements.filter((statement) => namesOf(statement).includes(name))

const withoutExport = (code: string): string => code.replace(/^(?:export )?(?:declare )?/, "")

/** A value whose type is longer than this is shown as it is written; a function has more room. */
const longest = { value: 160, function: 1500 }

const isFunction = (statement: Statement): boolean => {
  const declaration = declarationIn(statement)
  return (
    declaration.type === "VariableDeclaration" &&
    declaration.declarations.some(
      ({ id }) => id.type === "Identifier" && id.typeAnnotation?.typeAnnotation.type === "TSFunctionType",
    )
  )
}

const codeOfValue = (source: string, declared: Parsed, name: string): string => {
  const [statement] = declaring(declared, name)
  if (statement === undefined) return withoutExport(source)
  const type = withoutExport(declared.text.slice(statement.start, statement.end))
  return type.length > longest[isFunction(statement) ? "function" : "value"] ? withoutExport(source) : `declare ${type}`
}

/** What the parameters are without an argument, which a declaration does not say. */
const defaultsOf = ({ text }: Parsed, statement: Statement): ReadonlyArray<string> => {
  const declaration = declarationIn(statement)
  if (declaration.type !== "VariableDeclaration") return []
  return declaration.declarations.flatMap(({ init }) => {
    const [wrapped] = init?.type === "CallExpression" ? init.arguments : [init]
    if (wrapped?.type !== "ArrowFunctionExpression" && wrapped?.type !== "FunctionExpression") return []
    return wrapped.params.flatMap((param) => {
      if (param.type !== "AssignmentPattern" || param.left.type !== "Identifier") return []
      const value = text.slice(param.right.start, param.right.end)
      return value === "{}" ? [] : [`${param.left.name} = ${value}`]
    })
  })
}

/** What it is made of as it is written, and what it has beyond that as it is declared. */
const codeOfClass = (parsed: Parsed, statement: Statement, declared: Parsed, name: string): string => {
  const written = declarationIn(statement)
  const [built] = declaring(declared, name).map(declarationIn)
  if (written.type !== "ClassDeclaration" || built?.type !== "ClassDeclaration") return ""
  const members = built.body.body.flatMap((member) => {
    const text = declared.text.slice(member.start, member.end)
    const doc = declared.comments.find(
      (one) => isDocstring(one) && declared.text.slice(one.end, member.start).trim() === "" && one.end <= member.start,
    )
    if (/^(?:private|#)/.test(text)) return []
    return [`${doc === undefined ? "" : `${declared.text.slice(doc.start, doc.end)}\n`}${text}\n`]
  })
  return `declare ${parsed.text.slice(written.start, written.body.start)}{\n${members.join("")}}`
}

const codeOf = (parsed: Parsed, statement: Statement, declared: Parsed, name: string): string => {
  const source = parsed.text.slice(statement.start, statement.end)
  switch (declarationIn(statement).type) {
    case "ClassDeclaration":
      return codeOfClass(parsed, statement, declared, name)
    case "VariableDeclaration":
    case "FunctionDeclaration":
      return codeOfValue(source, declared, name)
    default:
      return withoutExport(source)
  }
}

const renamed = (code: string, from: string, to: string): string =>
  from === to ? code : code.replace(new RegExp(`(const|interface|type|class|function) ${from}\\b`), `$1 ${to}`)

const nameOf = (node: { readonly type: string; readonly name?: string; readonly value?: unknown }): string =>
  node.name ?? String(node.value)

/** What a module has under a name, wherever it comes from. */
const itemsOf = (parsed: Parsed, name: string, as: string): ReadonlyArray<Item> => {
  const own = declaring(parsed, name)
  if (own.length > 0) {
    const declared = declarations(parsed.path)
    return own.map((statement) => ({
      name: as,
      doc: docBefore(parsed, statement.start),
      defaults: defaultsOf(parsed, statement),
      code: renamed(codeOf(parsed, statement, declared, name), name, as),
    }))
  }
  for (const statement of parsed.statements) {
    if (statement.type !== "ImportDeclaration") continue
    const found = statement.specifiers.find(({ local }) => local.name === name)
    if (found?.type !== "ImportSpecifier") continue
    return itemsOf(parse(join(dirname(parsed.path), statement.source.value)), nameOf(found.imported), as)
  }
  throw new Error(`${parsed.path}: nothing declares ${name}`)
}

const declarations = (source: string): Parsed => {
  const path = declarationsOf(source)
  if (!existsSync(path)) throw new Error(`${path} is not there: build first`)
  return parse(path)
}

const exported = (parsed: Parsed, statement: Statement): ReadonlyArray<Item> => {
  if (statement.type !== "ExportNamedDeclaration") return []
  if (statement.declaration !== null) return namesOf(statement).flatMap((name) => itemsOf(parsed, name, name))
  const from = statement.source === null ? parsed : parse(join(dirname(parsed.path), statement.source.value))
  return statement.specifiers.flatMap(({ exported, local }) => itemsOf(from, nameOf(local), nameOf(exported)))
}

/** A module of a package's sources, whose declarations are built. Throws where they are not. */
export const read = (path: string): Module => {
  const parsed = parse(path)
  const items = parsed.statements.flatMap((statement) => exported(parsed, statement))
  const unique = new Map(items.map((item) => [`${item.name}\n${item.code}`, item]))
  return { doc: introOf(parsed), items: [...unique.values()] }
}
