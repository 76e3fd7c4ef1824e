import { XMLParser } from 'fast-xml-parser';
import { expect, test } from 'vitest';
import { renderPlot } from './render-plot.ts';

test('each build has a bar of each quantity, the longest for the largest value, and the text is escaped', () => {
  const svg = renderPlot('1 < 2', ['before', 'now'], [{ title: 'a & b', values: [4, 1.5] }]);
  const { svg: root } = new XMLParser({ ignoreAttributes: false }).parse(svg);
  const bars = root.rect.filter((rect: { '@_height': string }) => rect['@_height'] === '18');
  expect(bars.map((bar: { '@_width': string }) => Number(bar['@_width']))).toEqual([480, 180]);
  expect(svg).toContain('1 &lt; 2');
  expect(svg).toContain('a &amp; b');
  expect(svg).toContain('>1.50<');
});

test('what a build does not have is a bar of no length, and not the scale of the others', () => {
  const svg = renderPlot('some', ['now', 'peer'], [{ title: 'a', values: [2, Number.NaN] }]);
  const { svg: root } = new XMLParser({ ignoreAttributes: false }).parse(svg);
  const bars = root.rect.filter((rect: { '@_height': string }) => rect['@_height'] === '18');
  expect(bars.map((bar: { '@_width': string }) => Number(bar['@_width']))).toEqual([480, 0]);
  expect(svg).toContain('>-<');
});
