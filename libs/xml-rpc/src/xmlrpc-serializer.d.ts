/** The two files of the xmlrpc package that write XML; the package has no types of its own. */
declare module 'xmlrpc/lib/customtype.js' {
  /** A scalar element with a tag and a text of one's own. */
  class CustomType {
    constructor(raw: string);
    tagName: string;
    readonly raw: string;
  }
  export default CustomType;
}

declare module 'xmlrpc/lib/serializer.js' {
  function serializeMethodCall(method: string, params: readonly unknown[]): string;
  function serializeMethodResponse(result: unknown): string;
  function serializeFault(fault: unknown): string;
  const serializer: {
    readonly serializeMethodCall: typeof serializeMethodCall;
    readonly serializeMethodResponse: typeof serializeMethodResponse;
    readonly serializeFault: typeof serializeFault;
  };
  export default serializer;
}
