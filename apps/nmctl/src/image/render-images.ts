/** Renders the images that slivers are made of. Pure. */
import type { ImageUsers, ImageVersion, ImportProgress, StoredImage } from '@nodemgr/images';
import { kib, sizeText } from '@nodemgr/records';
import { countText } from '../render/render-count.ts';
import { type Line, line, type Page } from '../render/render-line.ts';
import { renderTable } from '../render/render-table.ts';
import { momentText } from '../render/render-time.ts';

const COLUMNS = [
  { title: 'IMAGE' },
  { title: 'SIZE', align: 'right' },
  { title: 'SLIVERS', align: 'right' },
  { title: 'IMPORTED' },
  { title: 'FROM', spare: true },
] as const;

/** renderImages returns a line for each version; files that are kept of a sliver count as one. */
export function renderImages(
  images: readonly StoredImage[],
  users: Pick<ImageUsers, 'of'>,
  page: Page,
): readonly Line[] {
  const rows = images.map(({ ref, size, importedAt, source }) => [
    ref,
    sizeText(size),
    String(users.of.get(ref)?.length ?? 0),
    momentText(importedAt * 1000, page),
    source,
  ]);
  return renderTable(COLUMNS, rows, page);
}

/** renderNoImages reports that there are none, and how to make one. */
export function renderNoImages(): readonly Line[] {
  return [line('no images; nmctl image import --help tells how to make one')];
}

/** renderImported returns what an import made, and which outdated versions went. */
export function renderImported(
  ref: ImageVersion,
  image: Pick<StoredImage, 'size'> | undefined,
  removed: readonly ImageVersion[],
): readonly Line[] {
  const size = image === undefined ? '' : `, ${sizeText(image.size)}`;
  return [line(`imported ${ref}${size}`), ...(removed.length === 0 ? [] : renderRemoved(removed))];
}

/** renderRemoved names the versions that were removed. */
export function renderRemoved(removed: readonly ImageVersion[]): readonly Line[] {
  return [line(`removed ${countText(removed.length, 'version')}: ${removed.join(', ')}`)];
}

/** A line is shown for each of these that has been unpacked. */
const STEP = kib(256 * 1024);

const TEXTS = { check: 'checking it', sync: 'writing it to the disk' } as const;

/**
 * renderProgress returns a function that gives the next line to show, or undefined when there is none. It keeps
 * no clock: it goes by what has been done.
 */
export function renderProgress(): (progress: ImportProgress) => string | undefined {
  let told = 0;
  return (progress) => {
    if (progress.step !== 'unpack') return TEXTS[progress.step];
    const steps = Math.floor(progress.unpacked / STEP);
    if (steps <= told) return undefined;
    told = steps;
    return `unpacked ${sizeText(kib(steps * STEP))}`;
  };
}
