export { RegistryError, type RegistryErrorCode } from './error.ts'
export {
  KeptVerdict,
  RegisteredModel,
  RegistryBody,
  registryDigest,
  SignedRegistry,
  signRegistry,
  verifyRegistry,
} from './manifest.ts'
export { TrustedModels, type TrustedModelsPaths } from './trusted-models.ts'
