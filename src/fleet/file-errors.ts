/** Fleet | why a file could not be read or written, in words. */

/** What the operating system said, in words. */
export function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT') return 'there is no such file or directory'
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  if (code === 'ENOTDIR') return 'a part of its path is not a directory'
  if (code === 'ELOOP') return 'its symbolic links lead in a circle'
  if (code === 'EISDIR') return 'it is a directory'
  if (code === 'EROFS') return 'the file system is read-only'
  if (code === 'ENOSPC') return 'no space left'
  return error instanceof Error ? error.message : String(error)
}
