// node's `strong-soap` calls the mock. Order and answer are JSON on standard input and output: docs/foreign-clients.md.

const { randomInt } = require('node:crypto')
const { readFileSync } = require('node:fs')
const { QName, createClient } = require('strong-soap').soap
const { version } = require('strong-soap/package.json')

const order = JSON.parse(readFileSync(0, 'utf8'))
const suffix = order.version === '1.2' ? 'Soap12' : 'Soap11'

/** Return a transactionUniqueId: yyyyMMddHHmmssSSS in KST and eight digits, never used twice. */
function newTransaction() {
  const now = new Date(Date.now() + 9 * 3600_000).toISOString().replace(/\D/g, '')
  return now + String(randomInt(10 ** 8)).padStart(8, '0')
}

function read(fault) {
  // SOAP 1.1: faultcode, faultstring, detail; SOAP 1.2: Code, Reason, Detail.
  const code = fault.faultcode ?? fault.Code.Value
  const text = fault.faultstring ?? fault.Reason.Text
  return {
    code: (code.$value ?? code).replace(/^.*:/, ''),
    text: text.$value ?? text,
    detail: (fault.detail ?? fault.Detail)?.serviceFault ?? null,
  }
}

function call(client, { service, port, operation, header, fields, namespace }) {
  header.transactionUniqueId ||= newTransaction()
  client.clearSoapHeaders()
  client.addSoapHeader(header, new QName(namespace, 'commonHeader'))
  return new Promise((resolve, reject) => {
    client[service][port + suffix][operation](fields, (error, reply, _raw, heard) => {
      if (!error) return resolve({ reply, header: heard?.commonHeader })
      const fault = error.Fault ?? error.root?.Envelope?.Body?.Fault
      return fault ? resolve({ fault: read(fault) }) : reject(error)
    })
  })
}

createClient(order.wsdl, {}, async (error, client) => {
  if (error) throw error
  const answers = []
  for (const one of order.calls) answers.push(await call(client, one))
  const ports = Object.values(client.describe()).flatMap((service) => Object.values(service))
  const operations = new Set(ports.flatMap((port) => Object.keys(port)))
  process.stdout.write(
    JSON.stringify({ client: `node ${process.version} strong-soap ${version}`, operations: [...operations], answers }),
  )
})
