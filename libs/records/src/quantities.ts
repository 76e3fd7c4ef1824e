/**
 * Units and ids as types, so that a rate is never passed for a size. Made from checked input only;
 * nothing here reads a clock or a machine.
 */
declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };
type Id<Name extends string> = string & { readonly [unit]: Name };

/** A span of time in seconds; may have a fraction. */
export type Seconds = Unit<'Seconds'>;
/** A point in time: whole seconds since 1970 (UTC). */
export type EpochSeconds = Unit<'EpochSeconds'>;
/** Bits in each second. */
export type BitsPerSecond = Unit<'BitsPerSecond'>;
/** 1024 bytes. */
export type KiB = Unit<'KiB'>;
/** A user id as the node (not the inside of a sliver) counts it. */
export type HostUid = Unit<'HostUid'>;
/** The number of a change in db-service's feed: grows by one with each published commit. */
export type Revision = Unit<'Revision'>;

/** The name of a sliver or delegate: a Unix user name, also used in unit names and paths. */
export type AccountName = Id<'AccountName'>;
/** The name of an image, the file tree that slivers share; also a folder's name (DESIGN.md, section 5). */
export type ImageName = Id<'ImageName'>;
/** The unique name of a record: `sliver_princeton_sirius`, `delegate_del_snoop`, `bwcap`, `timestamp`. */
export type RecordKey = Id<'RecordKey'>;

export const seconds = (value: number): Seconds => value as Seconds;
export const epochSeconds = (value: number): EpochSeconds => value as EpochSeconds;
export const bitsPerSecond = (value: number): BitsPerSecond => value as BitsPerSecond;
export const kib = (value: number): KiB => value as KiB;
export const hostUid = (value: number): HostUid => value as HostUid;
export const revision = (value: number): Revision => value as Revision;

/** A slice is named `site_project` by PLC's own rule (DESIGN.md, section 4). */
const SLICE_NAME = /^(?!\.)(?!.*\.\.)[a-z0-9.]+_[a-zA-Z0-9_.]*[a-zA-Z0-9_]$/;
/** The longest account name: what useradd(8) takes. */
export const MAX_NAME_LENGTH = 32;
/** What an account's name looks like, in words for a message. */
export const ACCOUNT_NAME_RULE = `site_project: a-z, 0-9 and . before the first _, A-Z too after it, no . first, last or twice in a row, at most ${MAX_NAME_LENGTH} characters`;

/**
 * isSliceName reports whether `text` may name a slice, and so become a user, a unit and a path. Names
 * that differ in case alone, or in `.` and `_` alone, are different names.
 */
export function isSliceName(text: string): text is AccountName {
  return text.length <= MAX_NAME_LENGTH && SLICE_NAME.test(text);
}

/** accountName returns `text` as a name; throws RangeError saying what a name looks like. */
export function accountName(text: string): AccountName {
  if (isSliceName(text)) return text;
  throw new RangeError(
    `bad account name ${JSON.stringify(text.slice(0, 80))}: a name is like ${ACCOUNT_NAME_RULE}`,
  );
}

const IMAGE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** What an image's name looks like, in words for a message. */
export const IMAGE_NAME_RULE =
  'a-z, 0-9, ., _ and -, a letter or digit first, at most 64 characters';

/** isImageName reports whether `text` may name an image, and so become part of a folder's name. */
export function isImageName(text: string): text is ImageName {
  return IMAGE_NAME.test(text);
}

/** imageName returns `text` as the name of an image; throws RangeError saying what one looks like. */
export function imageName(text: string): ImageName {
  if (isImageName(text)) return text;
  throw new RangeError(`bad image name ${JSON.stringify(text.slice(0, 80))}: ${IMAGE_NAME_RULE}`);
}

/** The image of a sliver whose authority names none. */
export const DEFAULT_IMAGE: ImageName = imageName('default');

export type AccountType = 'sliver' | 'delegate';

/** recordKeyOf returns the key of an account's record: its type, `_`, its name. */
export function recordKeyOf(type: AccountType, name: AccountName): RecordKey {
  return `${type}_${name}` as RecordKey;
}

/** The key of the record that holds the node's bandwidth cap. */
export const BWCAP_KEY = 'bwcap' as RecordKey;
/** The key of the record that says when the authority last vouched for this node's state. */
export const TIMESTAMP_KEY = 'timestamp' as RecordKey;
