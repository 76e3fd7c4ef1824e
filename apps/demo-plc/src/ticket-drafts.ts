/**
 * Finds the slices of a slices.xml that PLC gives tickets for, as drafts of those tickets. Such a slice has
 * `<ticket_nodes>` beside its `<nodes>`: the nodes on which PLC does not instantiate it, and on which a
 * ticket may. A node that reads slices.xml ignores the element. Whether a slice makes a ticket is not
 * judged here: whoever signs judges. Pure.
 */
import { type DraftElement, type DraftNode, readDraftXml, writeDraftXml } from '@nodemgr/tickets';

/** A ticket without the moment of its issue. */
export interface TicketDraft {
  /** Text of the ticket's `<slice>`, and of the `<key>` elements of its users. */
  readonly elements: string;
}

/** Of a 30 MB document nearly all; of a slice that a ticket is made of they are not wanted either. */
const UNREAD = ['nodes'];
const MARK = 'ticket_nodes';
/** Of a slice in a ticket; `<ticket_nodes>` become its `<nodes>`. */
const TICKET_PARTS = new Set([MARK, 'users', 'rspec']);

const elementsOf = (nodes: readonly DraftNode[]): readonly DraftElement[] =>
  nodes.filter((node): node is DraftElement => typeof node === 'object');

const namedIn = ({ children }: DraftElement, name: string): readonly DraftElement[] =>
  elementsOf(children).filter((child) => child.name === name);

const personOf = ({ attributes }: DraftElement): string => attributes['person_id'] ?? '';

/** The elements of the document with that name, wherever they stand; those within one of them are its own. */
function* named(root: DraftElement, name: string): Generator<DraftElement> {
  for (const child of elementsOf(root.children)) {
    if (child.name === name) yield child;
    else yield* named(child, name);
  }
}

function keysByPerson(root: DraftElement): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>();
  for (const key of named(root, 'key')) {
    const person = personOf(key);
    keys.set(person, [...(keys.get(person) ?? []), writeDraftXml(key)]);
  }
  return keys;
}

function forTicket(slice: DraftElement): DraftElement {
  const parts = elementsOf(slice.children).filter(({ name }) => TICKET_PARTS.has(name));
  const children = parts.map((part) => (part.name === MARK ? { ...part, name: 'nodes' } : part));
  return { ...slice, children };
}

/** readDrafts returns the drafts by the names of their slices; throws when the document is not well-formed. */
export function readDrafts(document: string): ReadonlyMap<string, TicketDraft> {
  const root = readDraftXml(document, UNREAD);
  const keys = keysByPerson(root);
  const marked = [...named(root, 'slice')].filter((slice) => namedIn(slice, MARK).length > 0);
  return new Map(
    marked.map((slice) => {
      const users = namedIn(slice, 'users').flatMap(({ children }) => elementsOf(children));
      const people = new Set(users.map(personOf));
      const theirs = [...people].flatMap((person) => keys.get(person) ?? []);
      const elements = writeDraftXml(forTicket(slice)) + theirs.join('');
      return [slice.attributes['name'] ?? '', { elements }];
    }),
  );
}
