// node-redis: `client.mjs LIBRARY PORT ROUND`.
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';

const [library, port, round] = process.argv.slice(-3);
const { createClient } = (await import(pathToFileURL(library))).default;
let again = round === '2';

for (const RESP of [2, 3]) {
  const client = createClient({ RESP, name: 'tester', socket: { host: '127.0.0.1', port: Number(port), reconnectStrategy: false } });
  client.on('error', () => {});
  await client.connect();
  if (again) {
    assert.equal(await client.get('kept'), 'value');
    assert.deepEqual(await client.lRange('kept list', 0, -1), ['a', 'b']);
    assert.ok((await client.ttl('kept for a time')) > 0);
  }
  await client.flushAll();
  assert.equal(await client.ping(), 'PONG');
  assert.equal(await client.clientGetName(), 'tester');
  assert.match(await client.info('server'), /redis_version:7/);

  assert.equal(await client.set('a', '1', { EX: 100, NX: true }), 'OK');
  assert.equal(await client.set('a', '2', { NX: true }), null);
  assert.equal(await client.set('a', '3', { KEEPTTL: true, GET: true }), '1');
  assert.ok((await client.pTTL('a')) > 90000);
  assert.equal(await client.persist('a'), 1);
  assert.equal(await client.incrBy('a', 4), 7);
  assert.equal(await client.append('text', 'ab'), 2);
  assert.equal(await client.getDel('text'), 'ab');
  assert.deepEqual(await client.mGet(['a', 'none']), ['7', null]);
  assert.deepEqual(await client.keys('*'), ['a']);

  assert.equal(await client.rPush('l', ['b', 'c']), 2);
  assert.equal(await client.lPush('l', 'a'), 3);
  assert.deepEqual(await client.lRange('l', 0, -1), ['a', 'b', 'c']);
  assert.deepEqual(await client.lPopCount('l', 2), ['a', 'b']);
  assert.equal(await client.lPop('none'), null);

  assert.equal(await client.hSet('h', { f: '1', g: '2' }), 2);
  assert.deepEqual({ ...(await client.hGetAll('h')) }, { f: '1', g: '2' });
  assert.equal(await client.hDel('h', 'f'), 1);

  assert.equal(await client.sAdd('s', ['a', 'b']), 2);
  assert.deepEqual([...(await client.sMembers('s'))].sort(), ['a', 'b']);
  assert.equal(await client.sCard('s'), 2);
  assert.ok(['a', 'b'].includes(await client.sPop('s')));

  assert.equal(await client.zAdd('z', [{ score: 2, value: 'b' }, { score: 1.5, value: 'a' }]), 2);
  assert.equal(await client.zScore('z', 'a'), 1.5);
  assert.deepEqual({ ...(await client.zPopMin('z')) }, { value: 'a', score: 1.5 });

  const many = Array.from({ length: 1000 }, (_, i) => String(i));
  await Promise.all(many.map(i => client.set(`p${i}`, i)));
  assert.deepEqual(await Promise.all(many.map(i => client.get(`p${i}`))), many);

  await assert.rejects(client.lPush('h', 'x'), /WRONGTYPE/);
  await assert.rejects(client.sendCommand(['GET']), /wrong number of arguments/);
  await assert.rejects(client.sendCommand(['NOSUCH']), /unknown command/);

  await client.set('kept', 'value');
  await client.rPush('kept list', ['a', 'b']);
  await client.setEx('kept for a time', 1000, '1');
  await client.close();
  again = true;
}
console.log('exact');
