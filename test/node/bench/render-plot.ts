/** Draws the figures of builds beside one another, as SVG. Pure. */

/** One measured quantity, of each build in the same order. */
export interface Bar {
  readonly title: string;
  /** NaN: this build does not have the quantity. */
  readonly values: readonly number[];
}

const [WIDTH, LEFT, ROW, GAP, TOP] = [900, 330, 22, 14, 60];
const LONGEST = WIDTH - LEFT - 90;
const COLOURS = ['#9aa5b1', '#1f6f8b', '#d08c60', '#7d9d5b'] as const;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function shown(value: number): string {
  if (Number.isNaN(value)) return '-';
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
}

/** Each quantity has a scale of its own: its largest bar is as long as there is room. */
function group({ title, values }: Bar, y: number): string {
  const lengths = values.map((value) => (Number.isNaN(value) ? 0 : value));
  const largest = Math.max(...lengths, Number.MIN_VALUE);
  const bars = values.map((value, place) => {
    const [at, length] = [y + place * ROW, ((lengths[place] ?? 0) / largest) * LONGEST];
    const colour = COLOURS[place % COLOURS.length];
    return `<rect x="${LEFT}" y="${at}" width="${length.toFixed(1)}" height="${ROW - 4}" fill="${colour}"/><text x="${(LEFT + length + 6).toFixed(1)}" y="${at + 14}">${shown(value)}</text>`;
  });
  return `<text x="${LEFT - 10}" y="${y + (values.length * ROW) / 2 + 3}" text-anchor="end">${escaped(title)}</text>${bars.join('')}`;
}

/** renderPlot returns the plot of `bars`, whose values are those of `builds`. */
export function renderPlot(title: string, builds: readonly string[], bars: readonly Bar[]): string {
  const step = builds.length * ROW + GAP;
  const height = TOP + bars.length * step + 10;
  const legend = builds.map((build, place) => {
    const x = LEFT + place * 120;
    return `<rect x="${x}" y="34" width="12" height="12" fill="${COLOURS[place % COLOURS.length]}"/><text x="${x + 18}" y="45">${escaped(build)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/><text x="20" y="22" font-size="16">${escaped(title)}</text>${legend.join('')}${bars.map((bar, at) => group(bar, TOP + at * step)).join('')}</svg>\n`;
}
