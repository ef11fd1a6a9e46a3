import { Elnudge } from "@effect-elnudge/core/promise"

export const elnudge = Elnudge.make({ apiKey: "sk_test_size" })
