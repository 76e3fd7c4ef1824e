/** XML-RPC bodies to values and back: one narrow face over saxes (in) and the xmlrpc package (out). */
export { decodeCall, decodeResponse, ResponseReader, type XmlRpcAnswer } from './decode.ts';
export { encodeCall, encodeFault, encodeResponse } from './encode.ts';
export { DEFAULT_BOUNDS, type DecodeBounds, type Wanted } from './read-document.ts';
export { isStruct, type XmlRpcCall, type XmlRpcStruct, type XmlRpcValue } from './xml-rpc-value.ts';
