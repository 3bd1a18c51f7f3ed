/** SQS and SNS as fauxqs plays them, which others wrote for applications that use AWS's SDKs, on a loopback port. */

import { startFauxqs } from 'fauxqs';

export interface TestSqs {
  readonly endpoint: string;
  readonly queueUrl: string;
  /** Puts a message into the queue. */
  send(body: string): void;
  /** The same by a topic of SNS, which wraps it. */
  publish(message: string): void;
  /** Messages that are still in it, fetched or not. */
  left(): number;
  close(): Promise<void>;
}

const QUEUE = 'iep';

/** `visibilitySeconds`: after which what was fetched and not removed is fetched again. */
export async function startSqs({ visibilitySeconds = 30 } = {}): Promise<TestSqs> {
  const server = await startFauxqs({ port: 0, logger: false });
  const { queueUrl } = server.createQueue(QUEUE, { attributes: { VisibilityTimeout: String(visibilitySeconds) } });
  server.createTopic(QUEUE);
  server.subscribe({ topic: QUEUE, queue: QUEUE });
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    queueUrl,
    send: (body) => void server.sendMessage(QUEUE, body),
    publish: (message) => void server.publish(QUEUE, message),
    left() {
      const { ready = [], inflight = [] } = server.inspectQueue(QUEUE)?.messages ?? {};
      return ready.length + inflight.length;
    },
    close: () => server.stop(),
  };
}
