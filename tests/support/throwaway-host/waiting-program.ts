/**
 * Waits on a TCP port of 127.0.0.1, and makes the file `name` in its home once it does. Perl, which every Debian has at its base: behind its walls
 * an app sees neither home folders nor `/tmp`, where a checkout with its Node may lie.
 */
export function waitingProgram(port: number, name: string): string[] {
  const script = [
    `my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => ${port}, Listen => 5) or die $!;`,
    `open(my $file, '>', "$ENV{HOME}/${name}") or die $!; close($file);`,
    'sleep 1 while 1;',
  ]
  return ['/usr/bin/perl', '-MIO::Socket::INET', '-e', script.join(' ')]
}
