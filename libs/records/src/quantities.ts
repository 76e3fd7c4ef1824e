/**
 * Units and ids as types, so that a rate is never passed for a size. A schema makes them of what comes in;
 * nothing here reads a clock or a machine.
 */
import * as z from 'zod';

export const secondsSchema = z.number().brand<'Seconds'>();
/** A span of time in seconds; may have a fraction. */
export type Seconds = z.infer<typeof secondsSchema>;

export const epochSecondsSchema = z.int().nonnegative().brand<'EpochSeconds'>();
/** A point in time: whole seconds since 1970 (UTC). */
export type EpochSeconds = z.infer<typeof epochSecondsSchema>;

export const bitsPerSecondSchema = z.number().brand<'BitsPerSecond'>();
/** Bits in each second. */
export type BitsPerSecond = z.infer<typeof bitsPerSecondSchema>;

export const kibSchema = z.number().brand<'KiB'>();
/** 1024 bytes. */
export type KiB = z.infer<typeof kibSchema>;

export const hostUidSchema = z.int().nonnegative().brand<'HostUid'>();
/** A user id as the node (not the inside of a sliver) counts it. */
export type HostUid = z.infer<typeof hostUidSchema>;

export const revisionSchema = z.int().nonnegative().brand<'Revision'>();
/** The number of a change in db-service's feed: grows by one with each published commit. */
export type Revision = z.infer<typeof revisionSchema>;

/** unitOf returns a maker of quantities that this program has computed itself; what comes in is parsed instead. */
const unitOf =
  <Schema extends z.ZodType<number>>(_schema: Schema) =>
  (value: number): z.infer<Schema> =>
    value as z.infer<Schema>;

export const seconds = unitOf(secondsSchema);
export const epochSeconds = unitOf(epochSecondsSchema);
export const bitsPerSecond = unitOf(bitsPerSecondSchema);
export const kib = unitOf(kibSchema);
export const hostUid = unitOf(hostUidSchema);
export const revision = unitOf(revisionSchema);

/** isoTime tells a time (seconds since 1970) in UTC, to the second. */
export function isoTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  // A time that Date cannot hold is still an integer.
  if (Number.isNaN(date.getTime())) return `${seconds} s after 1970`;
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** A slice is named `site_project` by PLC's own rule (DESIGN.md, section 4). */
const SLICE_NAME = /^(?!\.)(?!.*\.\.)[a-z0-9.]+_[a-zA-Z0-9_.]*[a-zA-Z0-9_]$/;
/** The longest account name: what useradd(8) takes. */
export const MAX_NAME_LENGTH = 32;
/** What an account's name looks like, in words for a message. */
export const ACCOUNT_NAME_RULE = `site_project: a-z, 0-9 and . before the first _, A-Z too after it, no . first, last or twice in a row, at most ${MAX_NAME_LENGTH} characters`;

function namesSlice(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && SLICE_NAME.test(text);
}

/** Aborts: of several kinds of thing that something may be, a name is not the one that almost fits. */
const BAD_NAME = { error: `wants a name like ${ACCOUNT_NAME_RULE}`, abort: true };
export const accountNameSchema = z
  .string(BAD_NAME)
  .refine(namesSlice, BAD_NAME)
  .brand<'AccountName'>();
/** The name of a sliver or delegate: a Unix user name, also used in unit names and paths. */
export type AccountName = z.infer<typeof accountNameSchema>;

/**
 * isSliceName reports whether `text` may name a slice, and so become a user, a unit and a path. Names
 * that differ in case alone, or in `.` and `_` alone, are different names.
 */
export function isSliceName(text: string): text is AccountName {
  return namesSlice(text);
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

const BAD_IMAGE = { error: `wants the name of an image: ${IMAGE_NAME_RULE}`, abort: true };
export const imageNameSchema = z
  .string(BAD_IMAGE)
  .regex(IMAGE_NAME, BAD_IMAGE)
  .brand<'ImageName'>();
/** The name of an image, the file tree that slivers share; also a folder's name (DESIGN.md, section 5). */
export type ImageName = z.infer<typeof imageNameSchema>;

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
