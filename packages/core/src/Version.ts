/** This package's version, as it stands in its package.json (a test compares them). Sent in `User-Agent`. */
export const version = "0.1.0"
