/** Writes what a ticket says as an unsigned ticket. Judges nothing: the reader is the judge. Pure. */
import type { TicketContent, TicketNode } from '@nodemgr/slices-xml';
import { element, writeXml, type XmlElement } from './plain-xml.ts';

/** All keys are listed as one person's: which of a slice's users has which means nothing to a node. */
const PERSON = 1;

/** Returns the element with each child on a line of its own. */
function lines(parent: XmlElement): XmlElement {
  if (parent.children.length === 0) return parent;
  return { ...parent, children: ['\n', ...parent.children.flatMap((child) => [child, '\n'])] };
}

const nodeElement = ({ id, hostname }: TicketNode): XmlElement => element('node', { id, hostname });

const resource = (name: string, type: string, value: string): XmlElement =>
  element('resource', { name }, [element('value', { name, type }, value === '' ? [] : [value])]);

function rspecElement({ rspec, initscript, image }: TicketContent): XmlElement {
  return lines(
    element('rspec', {}, [
      ...Object.entries(rspec).map(([name, value]) => resource(name, 'integer', String(value))),
      ...(initscript === '' ? [] : [resource('initscript', 'string', initscript)]),
      resource('image', 'string', image),
    ]),
  );
}

function delegatesElement({ delegations }: TicketContent): XmlElement {
  const methods = new Map<string, string[]>();
  for (const [caller, method] of delegations) {
    methods.set(caller, [...(methods.get(caller) ?? []), method]);
  }
  const delegates = [...methods].map(([name, granted]) =>
    element('delegate', { name, methods: granted.join(' ') }),
  );
  return lines(element('delegates', {}, delegates));
}

function sliceElement(content: TicketContent): XmlElement {
  const { name, id, expiry } = content;
  return lines(
    element('slice', { name, id, expiry }, [
      lines(element('nodes', {}, content.nodes.map(nodeElement))),
      element('users', {}, [element('user', { person_id: PERSON })]),
      rspecElement(content),
      ...(content.delegations.length === 0 ? [] : [delegatesElement(content)]),
    ]),
  );
}

/** writeTicket writes an unsigned ticket in ASCII, without an XML declaration. */
export function writeTicket(content: TicketContent): string {
  const keys = content.ssh_keys.split('\n').filter((line) => line !== '');
  const root = element('ticket', { issued: content.issued }, [
    sliceElement(content),
    ...keys.map((value) => element('key', { person_id: PERSON, type: 'ssh', value })),
  ]);
  return writeXml(lines(root));
}
