import { expect } from 'chai';
import packageJson from '../../package.json';
import { CliProcess } from '../support/cli-process';

describe('switchboard', () => {
  it('explains itself, with examples and exit codes', async () => {
    const { code, stdout, stderr } = await CliProcess.run(['--help']);
    expect(code).to.equal(0);
    expect(stderr).to.equal('');
    for (const command of ['serve', 'send', 'subscribe', 'chat', 'bench'])
      expect(stdout).to.match(new RegExp(`^  ${command} `, 'm'));
    expect(stdout).to.contain('Examples:').and.contain('$ switchboard serve').and.contain('Exit codes:');
  });

  for (const command of ['serve', 'send', 'subscribe', 'chat', 'bench']) {
    it(`explains ${command}, with examples`, async () => {
      const { code, stdout } = await CliProcess.run([command, '--help']);
      expect(code).to.equal(0);
      expect(stdout).to.contain(`Usage: switchboard ${command}`).and.contain(`$ switchboard ${command}`);
      expect(stdout)
        .to.contain('a bare number is seconds')
        .and.not.match(/\(default: \d+000\)/);
    });
  }

  it('says its version', async () => {
    expect(await CliProcess.run(['--version'])).to.deep.equal({
      code: 0,
      stdout: `${packageJson.version}\n`,
      stderr: '',
    });
  });

  it('ends with 2 for what cannot be, and says what could', async () => {
    const cases: [string[], RegExp][] = [
      [['sned'], /unknown command 'sned'\n\(Did you mean send\?\)/],
      [['send', 'localhost', 'x', '--cuont', '1'], /unknown option '--cuont'\n\(Did you mean --count\?\)/],
      [['send', 'localhost', 'x', '--count', 'many'], /whole number of at least 1/],
      [['send'], /missing required argument 'url'/],
      [['send', 'ftp://localhost', 'x'], /ftp/],
      [['send', 'localhost', 'x', '--header', 'nothing'], /--header must be 'Name: value', not "nothing"/],
      [['send', 'localhost', 'x', '--auth', 'a:b', '--bearer', 'c'], /--auth and --bearer/],
      [['send', 'localhost', 'x', '--cacert', 'no-such-file'], /--cacert cannot be read: ENOENT/],
      [['send', 'localhost', '-', '--stdin'], /Standard input can be sent once/],
      [['subscribe', 'localhost', '--json', '--raw'], /'-j, --json' cannot be used with option '-r, --raw'/],
      [['subscribe', 'localhost', '--name', 'Ann'], /give --room as well/],
      [['serve', 'news'], /Allowed choices are chat, echo/],
      [['serve', '--key', 'a.pem'], /--key and --cert belong together/],
      [['serve', '--redis', 'localhost'], /--redis must be a URL, as redis:\/\/localhost:6379/],
    ];
    const results = await Promise.all(cases.map(([args]) => CliProcess.run(args)));
    for (const [index, { code, stdout, stderr }] of results.entries()) {
      expect(stderr).to.match(cases[index]![1]);
      expect({ code, stdout }, cases[index]![0].join(' ')).to.deep.equal({ code: 2, stdout: '' });
    }
  }).timeout(30_000);
});
