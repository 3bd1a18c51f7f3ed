/** The configuration with all that providers may be told: config/ itself knows no type of them. */

import { createConfigReader } from '../config/load.ts';
import { configSchemaOf } from '../config/schema.ts';
import { mailboxSchema } from '../message/feedback/mailbox/settings.ts';
import { providerSchema } from '../message/providers/index.ts';

export const configSchema = configSchemaOf(providerSchema, mailboxSchema);
export const { loadConfig, checkConfig } = createConfigReader(configSchema);
