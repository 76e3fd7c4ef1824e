/** Renders what a signed document says of itself, and one that is held back for its age. Pure. */
import type { SignedDocumentView } from '@nodemgr/contracts';
import { type Line, line, type Page, span } from './render-line.ts';
import { momentText } from './render-time.ts';

/** Digits of a document's name that are shown: as many as `nmctl guard allow` wants. */
const NAME_DIGITS = 12;

const nameOf = ({ document }: SignedDocumentView): string => document.slice(0, NAME_DIGITS);

/** renderSigned returns who has signed a document, when it was made, and its serial. */
export function renderSigned(signed: SignedDocumentView, page: Page): Line {
  const { signers, issued, serial } = signed;
  const who = signers.map(({ name, fingerprint }) => `${name} (${fingerprint})`).join(', ');
  const made = `made ${momentText(issued * 1000, page)}, serial ${serial}`;
  return line(`signed by ${who}; ${made}, document ${nameOf(signed)}`);
}

/** renderHeldBack returns the document that is older than the one in force, and the command that takes it. */
export function renderHeldBack(
  held: SignedDocumentView,
  inForce: SignedDocumentView | undefined,
  page: Page,
): readonly Line[] {
  const than = inForce === undefined ? '' : `; that of the document in force is ${inForce.serial}`;
  return [
    line(span('holds back', 'bad'), ' a document that is not later than the one in force'),
    line(`  why           its serial is ${held.serial}${than}`),
    line('  which         ', ...renderSigned(held, page)),
    line(`  take it with: nmctl guard allow ${nameOf(held)}`),
  ];
}
