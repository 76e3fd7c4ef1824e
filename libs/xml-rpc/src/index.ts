/** XML-RPC bodies to values and back: one narrow face over saxes (in) and the xmlrpc package (out). */
export { decodeCall, decodeResponse, type XmlRpcAnswer } from './decode.ts';
export { encodeCall, encodeFault, encodeResponse } from './encode.ts';
export { DEFAULT_BOUNDS, type DecodeBounds } from './read-document.ts';
export { isStruct, type XmlRpcCall, type XmlRpcStruct, type XmlRpcValue } from './xml-rpc-value.ts';
