/**
 * The versions of an image: `default@3` is the third tree imported as `default`. A version is immutable;
 * a sliver stays on the one that its files were made on. Pure.
 */
import { IMAGE_NAME_RULE, type ImageName, isImageName } from '@nodemgr/records';

declare const kind: unique symbol;
/** `NAME@N`: also the name of the version's folder, and what a sliver's `image` file says. */
export type ImageVersion = string & { readonly [kind]: 'ImageVersion' };

/** What an ImageVersion is made of; `number` counts from 1. */
export interface VersionParts {
  readonly name: ImageName;
  readonly number: number;
}

const VERSION = /^(?<name>[^@]+)@(?<number>[1-9][0-9]{0,8})$/;

/** imageVersion returns the version `number` of the image `name`. */
export function imageVersion(name: ImageName, number: number): ImageVersion {
  return `${name}@${number}` as ImageVersion;
}

/** readVersion returns what `text` names, or undefined when it is no `NAME@N`. */
export function readVersion(text: string): VersionParts | undefined {
  const { name, number } = VERSION.exec(text)?.groups ?? {};
  if (name === undefined || number === undefined || !isImageName(name)) return undefined;
  return { name, number: Number(number) };
}

/** isImageVersion reports whether `text` is a `NAME@N`, and so safe as the name of a folder. */
export function isImageVersion(text: string): text is ImageVersion {
  return readVersion(text) !== undefined;
}

/** versionParts takes a version apart. */
export function versionParts(ref: ImageVersion): VersionParts {
  const parts = readVersion(ref);
  if (parts === undefined) throw new RangeError(`bad image version ${JSON.stringify(ref)}`);
  return parts;
}

/** parseImageVersion returns `text` as a version; throws RangeError saying what one looks like. */
export function parseImageVersion(text: string): ImageVersion {
  if (isImageVersion(text)) return text;
  const shown = JSON.stringify(text.slice(0, 80));
  throw new RangeError(`bad image version ${shown}: NAME@N, with NAME of ${IMAGE_NAME_RULE}`);
}
