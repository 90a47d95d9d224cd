import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { type HostTest, inWorkspace } from './host-test.ts';

interface ToolAnswer {
  readonly ok?: boolean;
  readonly findings?: readonly {
    readonly code: string;
    readonly where: { readonly file?: string; readonly line?: number };
  }[];
  readonly [key: string]: unknown;
}

/** What a model gets from a tool. Tests confirm what is asked: VS Code shows no dialogs in them. */
async function invoke(name: string, input: object): Promise<ToolAnswer> {
  const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
  const [part, ...more] = content;
  assert.ok(part instanceof vscode.LanguageModelTextPart && more.length === 0);
  return JSON.parse(part.value) as ToolAnswer;
}

/** Why a tool did not do it. */
async function refusal(name: string, input: object): Promise<string> {
  return invoke(name, input).then(
    () => assert.fail(`${name} did it`),
    (error: Error) => error.message,
  );
}

export const modelToolTests: readonly HostTest[] = [
  {
    name: 'language models find the tools, with what they take',
    async run() {
      const ours = vscode.lm.tools.filter(({ tags }) => tags.includes('s9pk'));
      assert.deepEqual(ours.map(({ name }) => name).sort(), [
        's9pk_explain',
        's9pk_inspect',
        's9pk_lint',
        's9pk_pack',
        's9pk_verify',
      ]);
      for (const { name, description, inputSchema } of ours) {
        assert.ok(description.length > 50, name);
        assert.equal((inputSchema as { type?: string }).type, 'object', name);
      }
    },
  },
  {
    name: 'a model lints a wrapper, is told what a finding means, and cannot leave the workspace',
    async run() {
      const file = inWorkspace('hello-world', 'startos', 'manifest', 'index.ts').fsPath;
      const before = readFileSync(file, 'utf8');
      writeFileSync(file, before.replace("title: 'Hello World'", "titel: 'Hello World'"));
      try {
        const { ok, findings = [] } = await invoke('s9pk_lint', { folder: 'hello-world' });
        assert.equal(ok, false);
        const misspelt = findings.find(({ code }) => code === 'manifest-key-misspelt');
        assert.deepEqual([misspelt?.where.file, misspelt?.where.line], [file, 6]);
        const { page } = await invoke('s9pk_explain', { code: 'manifest-key-misspelt' });
        assert.match(String(page), /^# manifest-key-misspelt\n/);
      } finally {
        writeFileSync(file, before);
      }
      assert.match(await refusal('s9pk_explain', { code: '../../package' }), /there is no finding/);
      assert.match(await refusal('s9pk_verify', { file: '/etc/passwd' }), /outside of the workspace/);
      assert.match(await refusal('s9pk_lint', { folder: 'hello-world/../../..' }), /outside of the workspace/);
    },
  },
  {
    name: 'a model packs, verifies and looks into what was packed',
    async run() {
      const made = inWorkspace('hello-world', 'hello-world_x86_64.s9pk').fsPath;
      rmSync(made, { force: true });
      const packed = await invoke('s9pk_pack', { folder: 'hello-world', arch: 'x86_64' });
      assert.equal(packed.ok, true, JSON.stringify(packed));
      assert.ok(existsSync(made));
      const verified = await invoke('s9pk_verify', { file: 'hello-world/hello-world_x86_64.s9pk' });
      assert.equal(verified['verdict'], 'verified', JSON.stringify(verified));
      const summary = await invoke('s9pk_inspect', { file: 'hello-world/hello-world_x86_64.s9pk' });
      assert.deepEqual([summary['id'], summary['arch']], ['hello-world', ['x86_64']]);
      const inside = await invoke('s9pk_inspect', {
        file: 'hello-world/hello-world_x86_64.s9pk',
        path: 'images/x86_64/main.squashfs/etc',
      });
      const names = (inside['children'] as readonly { name: string }[]).map(({ name }) => name);
      assert.ok(names.includes('passwd'), names.join());
      assert.match(await refusal('s9pk_pack', { folder: 'hello-world', arch: 'arm' }), /arch is one of/);
    },
  },
];
