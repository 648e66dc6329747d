// password: what stands for a password in a file, and whether one that is given is it

import { randomBytes, scrypt as scryptWithCallback, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const scrypt = promisify(scryptWithCallback) as (
	password: string,
	salt: Buffer,
	length: number,
) => Promise<Buffer>;

const SALT_BYTES = 16;
const KEY_BYTES = 32;
const FORM = /^scrypt:([0-9a-f]{2,128}):([0-9a-f]{64})$/;

/** `scrypt:SALT:KEY`, from which nobody has the password, with Node's own costs (N 16384, r 8, p 1). */
export const hashedPassword = async (password: string): Promise<string> => {
	const salt = randomBytes(SALT_BYTES);
	const key = await scrypt(password.normalize('NFC'), salt, KEY_BYTES);
	return `scrypt:${salt.toString('hex')}:${key.toString('hex')}`;
};

export const isHashed = (text: string): boolean => FORM.test(text);

/** Whether `given` is the password that `kept` stands for. */
export const isPassword = async (given: string, kept: string): Promise<boolean> => {
	const [, salt, key] = FORM.exec(kept)!;
	const found = await scrypt(given.normalize('NFC'), Buffer.from(salt!, 'hex'), KEY_BYTES);
	return timingSafeEqual(found, Buffer.from(key!, 'hex'));
};
