import { constants } from 'node:fs'

/** How files of a log are opened for reading: whoever puts a pipe in the place of one is not waited for. */
export const READ = constants.O_RDONLY | constants.O_NONBLOCK
