/** What a receiver's machine may run when it is opened: such an attachment passes only under a type that says so. */

/** Endings by which systems know a program or a script. */
const PROGRAM_NAME = new RegExp(
  `\\.(${[
    'app|appimage|application|appx|apk|bash|bat|chm|class|cmd|com|command|cpl|deb|dll|dmg|elf|exe|gadget|hta|jar|jnlp',
    'js|jse|lnk|mjs|cjs|msc|msi|msix|msp|mst|pif|pkg|ps1|psm1|reg|rpm|run|scf|scr|sct|sh|sys|vbe|vbs|ws|wsc|wsf|wsh|xll|zsh',
  ].join('|')})$`,
  'i',
);

const PROGRAM_TYPES: ReadonlySet<string> = new Set([
  'application/hta',
  'application/java-archive',
  'application/java-vm',
  'application/javascript',
  'application/vnd.android.package-archive',
  'application/vnd.debian.binary-package',
  'application/vnd.microsoft.portable-executable',
  'application/vnd.ms-htmlhelp',
  'application/wasm',
  'application/x-apple-diskimage',
  'application/x-bat',
  'application/x-deb',
  'application/x-dosexec',
  'application/x-elf',
  'application/x-executable',
  'application/x-java-jnlp-file',
  'application/x-javascript',
  'application/x-mach-binary',
  'application/x-ms-installer',
  'application/x-ms-regedit',
  'application/x-ms-shortcut',
  'application/x-msdos-program',
  'application/x-msdownload',
  'application/x-msi',
  'application/x-powershell',
  'application/x-rpm',
  'application/x-sh',
  'application/x-sharedlib',
  'application/x-shellscript',
  'text/javascript',
  'text/vbscript',
  'text/x-shellscript',
]);

/** Systems leave dots and spaces at the end of a name out. */
export function isProgramName(filename: string): boolean {
  return PROGRAM_NAME.test(filename.replace(/(?<![\s.])[\s.]+$/, ''));
}

export function isProgramType(type: string): boolean {
  return PROGRAM_TYPES.has(type);
}
