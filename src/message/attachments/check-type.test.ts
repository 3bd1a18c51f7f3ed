/** What is declared, what it is called and what it is must agree; what runs never passes as something else. */

import { describe, expect, it } from 'vitest';
import { type CheckedFile, typeFault } from './check-type.ts';
import { docxSample, elfSample, exeSample, pdfSample, pngSample } from './sample.testing.ts';

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const compound = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(1024)]);
const text = (content: string) => Buffer.from(content);

function fault(contentType: string, bytes: Uint8Array, filename = 'file'): Promise<string | undefined> {
  return typeFault({ filename, contentType, bytes } satisfies CheckedFile);
}

describe('takes', () => {
  it.each<[string, Uint8Array, string?]>([
    ['application/pdf', pdfSample],
    ['application/pdf', Buffer.concat([text('\n\n'), pdfSample])],
    ['application/x-pdf', pdfSample],
    ['image/png', pngSample, 'logo.png'],
    ['image/jpg', Buffer.from('ffd8ffe000104a4649460001', 'hex')],
    [DOCX, docxSample, 'letter.docx'],
    [DOCX, compound, 'locked with a password.docx'],
    ['application/msword', compound, 'letter.doc'],
    ['application/msword', text('{\\rtf1 hello}'), 'letter.doc'],
    ['application/vnd.ms-excel', compound],
    ['text/csv; charset=utf-8', text('name,age\nAda,36\n'), 'people.csv'],
    ['text/csv', text('BMI,weight\n22,70\n')],
    ['text/csv', Buffer.from('\ufeffname\tage\n', 'utf16le'), 'excel.csv'],
    ['text/plain', text('#!/bin/sh\necho hello\n'), 'script.txt'],
    ['text/plain', new Uint8Array(), 'empty.txt'],
    ['text/calendar', text('BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n'), 'invite.ics'],
    ['image/svg+xml', text('<?xml version="1.0"?><svg/>')],
    ['application/x-something', text('whatever it is')],
    ['application/octet-stream', pdfSample],
    ['application/x-msdownload', exeSample, 'setup.exe'],
    ['application/vnd.microsoft.portable-executable', exeSample, 'setup.exe'],
    ['text/javascript', text('alert(1)'), 'page.js'],
  ])('%s', async (contentType, bytes, filename) => {
    expect(await fault(contentType, bytes, filename)).toBeUndefined();
  });
});

describe('refuses', () => {
  it.each<[string, Uint8Array, string, string?]>([
    ['application/pdf', exeSample, 'its content is application/x-msdownload', 'invoice.pdf'],
    ['image/png', elfSample, 'its content is application/x-elf'],
    ['application/octet-stream', elfSample, 'its content is application/x-elf'],
    ['text/plain', exeSample, 'its content is application/x-msdownload'],
    ['application/x-something', text('#!/bin/sh\n'), 'its content is a script'],
    ['application/pdf', text('hello'), 'its content is not that'],
    ['application/pdf', pngSample, 'its content is image/png'],
    ['image/jpeg', pngSample, 'its content is image/png'],
    ['text/csv', pdfSample, 'its content is application/pdf'],
    ['text/csv', Buffer.from([1, 0, 2, 0]), 'its content is not text'],
    [XLSX, docxSample, `its content is ${DOCX}`],
    [DOCX, compoundZip(), 'its content is application/zip'],
    [DOCX, text('hello'), 'its content is not that'],
    ['application/msword', text('hello'), 'its content is not that'],
    ['application/msword', pdfSample, 'its content is application/pdf'],
    ['application/pdf', pdfSample, 'the name of a program or script', 'invoice.pdf.exe'],
    ['application/pdf', pdfSample, 'the name of a program or script', 'invoice.pdf.SCR. '],
    ['text/plain', text('del *'), 'the name of a program or script', 'clean.bat'],
    ['application/octet-stream', text('x'), 'the name of a program or script', 'setup.msi'],
    ['application/x-msdownload', pdfSample, 'its content is application/pdf'],
  ])('as %s what it is not', async (contentType, bytes, reason, filename) => {
    expect(await fault(contentType, bytes, filename)).toContain(reason);
  });
});

/** A zip with one stored file that is not a document. */
function compoundZip(): Buffer {
  const name = text('readme.txt');
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name, Buffer.alloc(60)]);
}
