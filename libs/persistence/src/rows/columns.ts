import { Column, type ColumnOptions, PrimaryColumn } from 'typeorm';

/** Column shorthands for the house's storage types; names are given, so that SQL and rows read alike. */
export const Bytes = (name: string, options: ColumnOptions = {}) =>
  Column({ name, type: 'bytea', ...options });
export const Int = (name: string, options: ColumnOptions = {}) =>
  Column({ name, type: 'integer', ...options });
export const SmallInt = (name: string, options: ColumnOptions = {}) =>
  Column({ name, type: 'smallint', ...options });
/** 64-bit counts and times; the driver reads them as numbers (see data-source). */
export const BigInteger = (name: string, options: ColumnOptions = {}) =>
  Column({ name, type: 'bigint', ...options });
export const Text = (name: string, options: ColumnOptions = {}) => Column({ name, type: 'text', ...options });
export const KeyBytes = (name: string) => PrimaryColumn({ name, type: 'bytea' });
