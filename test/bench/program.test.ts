import { describe, expect, it } from 'vitest';
import { startContender } from '../../bench/harness/contender.mjs';
import { startProgram } from '../../bench/harness/program.mjs';
import { opsRow } from './row.js';

const url = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;

describe('a contender', () => {
  it('answers calls, errors too, and ends when it is closed', async () => {
    const contender = startContender(
      url('export const twice = x => 2 * x; export const fail = () => { throw new Error("no") }'),
    );
    expect(await contender.ask('twice', 4)).toBe(8);
    await expect(contender.ask('fail')).rejects.toThrow('no');
    await contender.close();
    await expect(contender.ask('twice', 4)).rejects.toThrow('gone');
  });

  it('that ends by itself is an error with what it said', async () => {
    const contender = startContender(
      url('export const die = () => { console.error("last words"); process.exit(3) }'),
    );
    await expect(contender.ask('die')).rejects.toThrow('ended with 3');
    await contender.close();
  });
});

describe('a program as contender', () => {
  const echo = `require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
    const { name, argument } = JSON.parse(line);
    if (name === 'die') process.exit(3);
    console.log(JSON.stringify(name === 'fail' ? { error: 'no' } : { value: argument }));
  })`;

  it('answers calls, errors too, and ends when it is closed', async () => {
    const program = startProgram(process.execPath, ['-e', echo]);
    expect(await program.ask('echo', opsRow())).toEqual(opsRow());
    await expect(program.ask('fail')).rejects.toThrow('no');
    await program.close();
    await expect(program.ask('echo')).rejects.toThrow('ended with 0');
  });

  it('that ends or never was is an error', async () => {
    const program = startProgram(process.execPath, ['-e', echo]);
    await expect(program.ask('die')).rejects.toThrow('ended with 3');
    await program.close();
    await expect(startProgram('/no/such/program', []).ask('echo')).rejects.toThrow('ENOENT');
  });
});
