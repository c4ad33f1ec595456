export { syncFolder, writePrivateFile } from '@castellan/daemon'
