/**
 * Amazon SNS for tests, on a loopback port: signs what it posts as documented, has the certificate, and takes confirmations of
 * subscriptions. https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html, read 2026-11-30.
 */

import { createSign, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestSns {
  /** Where certificates and confirmations are, with a slash at its end. */
  readonly prefix: string;
  /** Paths that it was asked for. */
  readonly asked: readonly string[];
  /** What it answers instead of the certificate or to a confirmation, from now on. */
  fail(status?: number): void;
  /** JSON as it is posted. `changes` are signed too, unless `afterwards` names what is changed behind the signature. */
  post(changes?: Fields, afterwards?: Fields): string;
  close(): Promise<void>;
}

type Fields = Readonly<Record<string, unknown>>;

export const topicArn = 'arn:aws:sns:eu-central-1:123456789012:iep';
const CERTIFICATE_PATH = '/SimpleNotificationService-0123456789abcdef.pem';

export async function startSns(): Promise<TestSns> {
  const asked: string[] = [];
  let failure: number | undefined;
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    if (failure !== undefined) return void response.writeHead(failure).end();
    if (url === CERTIFICATE_PATH) return void response.end(snsCertificate);
    response.end('<ConfirmSubscriptionResponse/>');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const prefix = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    ...{ prefix, asked },
    fail(status) {
      failure = status;
    },
    post: (changes, afterwards) => JSON.stringify({ ...snsMessage(prefix, changes), ...afterwards }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A notification, or what `Type` in the changes says, whose certificate lies under that prefix. */
export function snsMessage(prefix: string, changes: Fields = {}): Fields {
  const message: Fields = {
    ...{ Type: 'Notification', MessageId: randomUUID(), TopicArn: topicArn, Message: '{}' },
    ...{ Timestamp: '2026-11-30T12:00:00.000Z', SignatureVersion: '2' },
    SigningCertURL: `${prefix}${CERTIFICATE_PATH.slice(1)}`,
    ...(changes.Type !== undefined && {
      Token: 'token',
      SubscribeURL: `${prefix}?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=token`,
    }),
    ...changes,
  };
  const isConfirmation = message.Type !== 'Notification';
  const names = isConfirmation
    ? ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
    : ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
  const sign = createSign(message.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256');
  for (const name of names) if (name in message) sign.update(`${name}\n${message[name]}\n`);
  return { ...message, Signature: sign.sign(snsKey, 'base64') };
}

/** RSA of 2048 bits, made for tests; valid until 2126. */
export const snsCertificate = `-----BEGIN CERTIFICATE-----
MIIDCTCCAfGgAwIBAgIUa8gUlmqeA4huOdXQAKKn/cRewnIwDQYJKoZIhvcNAQEL
BQAwEzERMA8GA1UEAwwIc25zLnRlc3QwIBcNMjYxMTMwMDYyNzIwWhgPMjEyNjEx
MDYwNjI3MjBaMBMxETAPBgNVBAMMCHNucy50ZXN0MIIBIjANBgkqhkiG9w0BAQEF
AAOCAQ8AMIIBCgKCAQEA0m0Aq6E16ZvBkBG4OjppOZ/Gjevr1WPTcv0wlMzKMZKy
wX9zss0kYp187Ga9vHbKoCykC3kUARX8sOgrBxWJAkUvEOH4Yz8HgKPoQ6LpCQ5r
tr+doie9Yaxn4vHGtBFl/UT6rOWztOWe6lUhmmoYWGdl4jCj18gN76d2/jPJriWs
T/7Fc+H/C55RfV4rNtcIOTFhsLv9FHhxjYXj+vwbD9UJgwP6otM7A9pCZ6BJzQDF
vo41BzVnV6et5XJLw4ytW0518QZukQMwCHvWXzT2R8H9aGXK6eDGIKLIiIg1MfC7
PepTusY/BXBqLOk3RmFPmlHuI3XA0Q9+Nj6W3mI9iQIDAQABo1MwUTAdBgNVHQ4E
FgQUtbB8YAlwLLRIDeeNd0wbaUO46PMwHwYDVR0jBBgwFoAUtbB8YAlwLLRIDeeN
d0wbaUO46PMwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAjOn/
LVOlRtMaCaYHval/WiFKWMm5S5ZBJGFCljp2boxGeXLnMQE23xWleEFrVAtrlCj3
HYAN6EH6LFNw1nG8XZx/xxkExlfy4ZUjvWHzwgWpXJt0ZbnyA9EI2+pBJhOSwQvG
Vv+x+Ze0C9Dvr/FaLEqujuxhy9jppMDmWG47z80yh6Koikkz3JOV7Gephg9rZX4i
JX7u+2ZaDKER3DNRNntwh2Uca/mRpejk/xp4Fqe8OlKMBdLHeJO6h9a0DxI9scde
khkXk/QA6LvFzDBEt6IfwYkhqxmFbagD/q4e8KAr+djfc1QV90cf/jcTz4h6U65B
vHNVVI/EUBiS6pKHdA==
-----END CERTIFICATE-----
`;

const snsKey = `-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDSbQCroTXpm8GQ
Ebg6Omk5n8aN6+vVY9Ny/TCUzMoxkrLBf3OyzSRinXzsZr28dsqgLKQLeRQBFfyw
6CsHFYkCRS8Q4fhjPweAo+hDoukJDmu2v52iJ71hrGfi8ca0EWX9RPqs5bO05Z7q
VSGaahhYZ2XiMKPXyA3vp3b+M8muJaxP/sVz4f8LnlF9Xis21wg5MWGwu/0UeHGN
heP6/BsP1QmDA/qi0zsD2kJnoEnNAMW+jjUHNWdXp63lckvDjK1bTnXxBm6RAzAI
e9ZfNPZHwf1oZcrp4MYgosiIiDUx8Ls96lO6xj8FcGos6TdGYU+aUe4jdcDRD342
PpbeYj2JAgMBAAECggEABd3dIBaGssR8FotamAurMFyYhA9uS/eUXHHbqg0K8Wvg
yPfyiVXNLGSt/XH120HH7270hI9ec+ihhWsg+/m+j/jO0Z6DNtJ53+fHS3oeG3my
nhiPNAdTRocF1HQfhpivlRVDFJFI5oO6X60k79xXtmtCPMFUvWjfSUMMKb/W4SCF
zogADP9f+Yf7bCdfv6reH442Fk7O5pW8X2psEDEXFr1UbsUojkedRjvokY0WxHX3
Z6IZLqFz3T8p9PwvvZr/by09c7YPAKDX6qUr/9XXUwMHiW4KjfAvfy7joiL/LxyQ
xVLaHeZ7TvvUH9HCS1M7rgMvs7X7vzR59bFejl42CQKBgQDx64rZCqE8wiHiU4Jp
cd6xm0Lq6GsugwuNNhiquBH/4oXV/LCnRrat5g9saYizF6tlzQUohw40FeynsC/2
VsVjwAaDVPYj+yZ07NVXpEctdm1vLFFZnaxoF5uunSTKIqDtFUrdUU0gqwXRRKJe
/Qrh3aQKP1tRN2xZF6k5cgNpTQKBgQDerDcJBErfuQqIgQKyd/D3HvhwN9Un8sfx
y0Edttr7X4CujG5GJtLM4vfciVxEUW1mEigYzEhiEkzZBptFOZUZnlzCTXww5WsS
7wl780w9yA6Wn52KQ1gal4KD3E78051BLeIRl7HhLX4gjre1gTClR1WjmJUnHWCS
H3KzOrYnLQKBgQCLRG3KRLRNpfSbtjd9PHBXDmqXkPUi8Y3U3S+WGCFEjcM+TRnl
MnA37Bk08AwiDZ4+HKi7jARBN93lKyhxR8KaihE1ydNpI0wgQ7cNnSTcpzCYr4ql
bH+z7ONSwmRLeWPrGDbg8czU4Z+XuUtAI6wAGvg0bgTD3IQjRdvFlj0ggQKBgB+f
P1WVeXiaE6fdAmAL7nl5uXheRXQd400wOzgYDrMiFekz4jkuLEOSe/aivyqokaus
KmuTHzhmNumfKY/EJKt1tOCXFmrvOax/q84heBNSBNhZJItNEwb7uzo0oDcBalSm
SnOLImTDDCVdfzNUfG8MWVoZQh1C68L0mlpfnRylAoGAOV9Wgx9l6sWkPo4zfRkF
v4wbvxclKmFIm2NwkIAXCHi9SazgJvJrSm3AQj5yQVQGIdErdddfAfFOYZhzQpbr
11c2UcGxxm4yW98y/aMiy7xEU4UWZepuEhxdZEjc872/11Nviig5+Ux3ji0lh6L1
m1HmPDYL8PAYbLyGBWkI3U8=
-----END PRIVATE KEY-----
`;
