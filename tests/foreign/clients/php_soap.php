<?php
// PHP's SoapClient calls the mock. Order and answer are JSON on standard input and output: docs/foreign-clients.md.

declare(strict_types=1);

$order = json_decode(stream_get_contents(STDIN), false, 512, JSON_THROW_ON_ERROR);
$client = new SoapClient($order->wsdl, [
    'soap_version' => $order->version === '1.2' ? SOAP_1_2 : SOAP_1_1,
    'cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
    'encoding' => 'UTF-8',
    'connection_timeout' => 10,
]);
$answers = [];
foreach ($order->calls as $call) {
    // yyyyMMddHHmmssSSS in KST and eight digits, never used twice
    $now = new DateTimeImmutable('now', new DateTimeZone('Asia/Seoul'));
    $call->header->transactionUniqueId = $call->header->transactionUniqueId
        ?: $now->format('YmdHisv') . sprintf('%08d', random_int(0, 99999999));
    $header = new SoapHeader($call->namespace, 'commonHeader', (array) $call->header);
    $heard = [];
    try {
        $reply = $client->__soapCall($call->operation, [(array) $call->fields], null, $header, $heard);
        $answers[] = ['reply' => $reply, 'header' => $heard['commonHeader'] ?? null];
    } catch (SoapFault $fault) {
        $answers[] = ['fault' => [
            'code' => preg_replace('/^.*:/', '', $fault->faultcode),
            'text' => $fault->getMessage(),
            'detail' => $fault->detail->serviceFault ?? null,
        ]];
    }
}
$operations = array_map(fn (string $line): string => preg_replace('/^\S+ (\w+)\(.*$/', '$1', $line), $client->__getFunctions());
echo json_encode([
    'client' => 'PHP ' . PHP_VERSION . ' SoapClient',
    'operations' => array_values(array_unique($operations)),
    'answers' => $answers,
], JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
