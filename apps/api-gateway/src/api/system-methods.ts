/** Help and the system methods, which many XML-RPC clients know. They answer from the table. */
import type { XmlRpcValue } from '@nodemgr/xml-rpc';
import type { ApiMethod, MethodTable, Parameter } from './api-method.ts';
import { methodNamed } from './check-call.ts';
import { multicallMethod } from './multicall.ts';
import { renderHelp, renderMethod, renderSignatures } from './render-help.ts';

const METHOD: Parameter = { name: 'method', type: 'string', meaning: "a method's name" };

const text = (value: XmlRpcValue | undefined): string => (typeof value === 'string' ? value : '');

/** systemMethods returns the methods that are about methods; `table` is the one that they are part of. */
export function systemMethods(table: () => MethodTable): readonly ApiMethod[] {
  const about = (value: XmlRpcValue | undefined) => methodNamed(table(), text(value));
  return [
    {
      name: 'Help',
      who: 'all',
      parameters: [],
      result: { type: 'string', meaning: 'text' },
      meaning: 'Every method with its documentation.',
      run: () => renderHelp(table()),
    },
    {
      name: 'system.listMethods',
      who: 'all',
      parameters: [],
      result: { type: 'array', meaning: 'names' },
      meaning: 'The names of all methods.',
      run: () => [...table().keys()],
    },
    {
      name: 'system.methodHelp',
      who: 'all',
      parameters: [METHOD],
      result: { type: 'string', meaning: 'text' },
      meaning: 'The documentation of one method.',
      faults: ['no-such-method'],
      run: (_, [method]) => renderMethod(about(method)),
    },
    {
      name: 'system.methodSignature',
      who: 'all',
      parameters: [METHOD],
      result: {
        type: 'array',
        meaning: 'for each form a list of the types of result and parameters',
      },
      meaning: 'What a method takes and gives.',
      faults: ['no-such-method'],
      run: (_, [method]) => renderSignatures(about(method)),
    },
    multicallMethod(),
  ];
}
