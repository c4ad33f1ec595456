/**
 * Node's `node:http`. An `import` of its values would read every export of it, among them those of `fetch`, for which Node
 * loads a whole client: 30 ms and some 8 MB of every process of ours, none of which uses it. Its types can be imported as ever.
 */
export const http = process.getBuiltinModule('node:http')
