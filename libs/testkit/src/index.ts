/** What tests of all projects share. Nothing that is installed imports it. */
export {
  NEEDS,
  type Need,
  needs,
  skipFor,
  skipNote,
  skipUnless,
  type Wanting,
} from './needs.ts';
export { makeSshSigner, type SshSigner } from './ssh-signer.ts';
