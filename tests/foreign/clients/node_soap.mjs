// node's `soap` calls the mock, signing for itself if it is given a key. Order and answer are JSON on
// standard input and output: docs/foreign-clients.md.

import { randomInt, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import soap from 'soap'

const { version } = createRequire(import.meta.url)('soap/package.json')
const order = JSON.parse(readFileSync(0, 'utf8'))
const is12 = order.version === '1.2'
const client = await soap.createClientAsync(order.wsdl, { forceSoap12Headers: is12, disableCache: true })
const services = client.describe()

const OASIS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss'
const WSU = `${OASIS}-wssecurity-utility-1.0.xsd`
const WSSE = `${OASIS}-wssecurity-secext-1.0.xsd`
const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#'

const newId = () => `id-${randomUUID()}`
const instant = (moment) => moment.toISOString().replace(/\.\d+Z$/, 'Z')

/** Return a transactionUniqueId: yyyyMMddHHmmssSSS in KST and eight digits, never used twice. */
function newTransaction() {
  const now = new Date(Date.now() + 9 * 3600_000).toISOString().replace(/\D/g, '')
  return now + String(randomInt(10 ** 8)).padStart(8, '0')
}

/** Prepare one message for the profile of haengbok: a Security header with our Timestamp first, and WSSecurityCert. */
function sign(signing) {
  const now = new Date()
  const expires = new Date(now.getTime() + 300_000)
  // The library's own Timestamp stands after the token and lives for ten minutes; the profile wants it first, and five.
  client.addSoapHeader(
    `<wsse:Security xmlns:wsse="${WSSE}" xmlns:wsu="${WSU}"><wsu:Timestamp wsu:Id="${newId()}">` +
      `<wsu:Created>${instant(now)}</wsu:Created><wsu:Expires>${instant(expires)}</wsu:Expires>` +
      '</wsu:Timestamp></wsse:Security>',
  )
  client.addBodyAttribute({ 'xmlns:wsu': WSU, 'wsu:Id': newId() })
  const security = new soap.WSSecurityCert(readFileSync(signing.key, 'utf8'), readFileSync(signing.certificate, 'utf8'), '', {
    hasTimeStamp: false,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
    signatureTransformations: [EXCLUSIVE_C14N],
    additionalReferences: ['wsu:Timestamp', 'wsse:BinarySecurityToken', 'commonHeader'],
    signerOptions: { idMode: 'wssecurity' },
  })
  security.x509Id = newId() // no option: the library's own ids are x509-…, without hyphens
  client.setSecurity(security)
}

/** Return the commonHeader as XML: the library's objects have no way to give it the id of the signature. */
function commonHeader(call) {
  const escape = (text) => text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  const fields = Object.entries(call.header).map(([name, value]) => `<${name}>${escape(value)}</${name}>`)
  const id = order.signing ? ` xmlns:wsu="${WSU}" wsu:Id="${newId()}"` : ''
  return `<commonHeader xmlns="${call.namespace}"${id}>${fields.join('')}</commonHeader>`
}

function read(fault) {
  // SOAP 1.1: faultcode, faultstring, detail; SOAP 1.2: Code, Reason, Detail.
  const code = fault.faultcode ?? fault.Code.Value
  const text = fault.faultstring ?? fault.Reason.Text
  return {
    code: code.replace(/^.*:/, ''),
    text: text.$value ?? text,
    detail: (fault.detail ?? fault.Detail)?.serviceFault ?? null,
  }
}

const answers = []
for (const call of order.calls) {
  call.header.transactionUniqueId ||= newTransaction()
  client.clearSoapHeaders()
  client.clearBodyAttributes()
  client.addSoapHeader(commonHeader(call))
  if (order.signing) sign(order.signing)
  const method = client[call.service][`${call.port}Soap${is12 ? '12' : '11'}`][call.operation]
  answers.push(
    await new Promise((resolve, reject) =>
      method(call.fields, (error, reply, _raw, header) => {
        if (!error) return resolve({ reply, header: header?.commonHeader })
        const fault = error.root?.Envelope?.Body?.Fault
        return fault ? resolve({ fault: read(fault) }) : reject(error)
      }),
    ),
  )
}
const operations = Object.values(services).flatMap((ports) => Object.values(ports).flatMap((port) => Object.keys(port)))
process.stdout.write(JSON.stringify({ client: `node ${process.version} soap ${version}`, operations: [...new Set(operations)], answers }))
