# Frontier::Client, driven by JSON lines (see ../typed-value.ts).
#
# usage: frontier.pl tcp PORT [UID]
use strict;
use warnings;
use Encode ();
use Frontier::Client ();
use JSON::PP ();
use POSIX ();

$| = 1;
my $json = JSON::PP->new->utf8->canonical->allow_nonref->convert_blessed;
my ($kind, $port, $uid) = @ARGV;

sub become {
    my ($uid) = @_;
    $) = "$uid $uid";
    POSIX::setgid($uid);
    POSIX::setuid($uid);
}
become($uid) if defined $uid;

sub Frontier::RPC2::DataType::TO_JSON { return $_[0]->value }

sub client_for {
    my ($encoding) = @_;
    return Frontier::Client->new(url => "http://127.0.0.1:$port/RPC2", encoding => $encoding);
}

my %clients;
my %made_by = (
    array => sub { my ($client, $items, $encoding) = @_; [ map { value_of($client, $_, $encoding) } @$items ] },
    struct => sub {
        my ($client, $members, $encoding) = @_;
        return { map { $_ => value_of($client, $members->{$_}, $encoding) } keys %$members };
    },
    # It sends what it is given, so it is given bytes.
    string => sub { my ($client, $text, $encoding) = @_; $client->string(Encode::encode($encoding, $text)) },
    int => sub { $_[0]->int($_[1]) },
    double => sub { $_[0]->double($_[1]) },
    boolean => sub { $_[0]->boolean($_[1]) },
    dateTime => sub { $_[0]->date_time($_[1]) },
    base64 => sub { $_[0]->base64($_[1]) },
);

sub value_of {
    my ($client, $typed, $encoding) = @_;
    my ($type, $value) = @$typed;
    my $make = $made_by{$type} // die "Frontier::Client has no $type\n";
    return $make->($client, $value, $encoding);
}

sub answer {
    my ($call) = @_;
    my $encoding = $call->{encoding} // 'UTF-8';
    my $client = $clients{$encoding} //= client_for($encoding);
    my @params = map { value_of($client, $_, $encoding) } @{ $call->{typed} };
    return { result => $client->call($call->{method}, @params) };
}

# A fault is an exception whose text has the code in it.
sub failure {
    my ($text) = @_;
    return { fault => [ 0 + $1, $2 ] } if $text =~ /fault code (-?\d+): (.*)\n\z/s;
    return { error => $text };
}

while (my $line = <STDIN>) {
    print $json->encode(eval { answer($json->decode($line)) } // failure("$@")), "\n";
}
