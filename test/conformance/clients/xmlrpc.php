<?php
// PHP's xmlrpc extension over its own HTTP client (TCP) or curl (Unix), driven by JSON lines (see ../typed-value.ts).
//
// usage: php xmlrpc.php tcp PORT | unix PATH [UID]

function value_of(array $typed): mixed
{
    [$type, $value] = $typed;
    switch ($type) {
        case 'array':
            return array_map('value_of', $value);
        case 'struct':
            return array_map('value_of', $value);
        case 'int':
        case 'i8':
            return (int) $value;
        case 'double':
            return (float) $value;
        case 'boolean':
            return $value === '1';
        case 'nil':
            return null;
        case 'dateTime':
            xmlrpc_set_type($value, 'datetime');
            return $value;
        case 'base64':
            $value = base64_decode($value);
            xmlrpc_set_type($value, 'base64');
            return $value;
        default:
            return $value;
    }
}

function post_tcp(string $port, string $body): string|false
{
    // Before PHP 8 it spoke HTTP/1.0 by itself.
    $http = ['method' => 'POST', 'protocol_version' => 1.0, 'header' => 'Content-Type: text/xml', 'content' => $body];
    return file_get_contents("http://127.0.0.1:$port/RPC2", false, stream_context_create(['http' => $http]));
}

function post_unix(CurlHandle $curl, string $path, string $body): string|false
{
    curl_setopt_array($curl, [
        CURLOPT_URL => 'http://localhost/RPC2',
        CURLOPT_UNIX_SOCKET_PATH => $path,
        CURLOPT_POSTFIELDS => $body,
        CURLOPT_HTTPHEADER => ['Content-Type: text/xml'],
        CURLOPT_ENCODING => '',
        CURLOPT_RETURNTRANSFER => true,
    ]);
    return curl_exec($curl);
}

[, $kind, $where] = $argv;
if (isset($argv[3])) {
    posix_setgid((int) $argv[3]);
    posix_setuid((int) $argv[3]);
}
$curl = $kind === 'unix' ? curl_init() : null;
while (($line = fgets(STDIN)) !== false) {
    $call = json_decode($line, true);
    $encoding = $call['encoding'] ?? 'UTF-8';
    $options = ['encoding' => $encoding, 'escaping' => ['markup']];
    $params = array_map('value_of', $call['typed']);
    // It sends what it is given, so it is given bytes.
    array_walk_recursive($params, function (&$value) use ($encoding) {
        if (is_string($value)) $value = iconv('UTF-8', $encoding, $value);
    });
    $body = xmlrpc_encode_request($call['method'], $params, $options);
    $text = $curl === null ? post_tcp($where, $body) : post_unix($curl, $where, $body);
    $result = $text === false ? null : xmlrpc_decode($text, 'UTF-8');
    if ($text === false) $answer = ['error' => 'no answer'];
    elseif (is_array($result) && xmlrpc_is_fault($result)) $answer = ['fault' => [$result['faultCode'], $result['faultString']]];
    else $answer = ['result' => $result];
    echo json_encode($answer), "\n";
}
