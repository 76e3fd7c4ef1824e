# RPC::XML's client, driven by JSON lines (see ../typed-value.ts).
#
# usage: rpc-xml.pl tcp PORT [UID]
use strict;
use warnings;
use JSON::PP ();
use MIME::Base64 ();
use POSIX ();
use RPC::XML ();
use RPC::XML::Client ();

$RPC::XML::ALLOW_NIL = 1;
$| = 1;
my $json = JSON::PP->new->utf8->canonical->allow_nonref;

sub become {
    my ($uid) = @_;
    $) = "$uid $uid";
    POSIX::setgid($uid);
    POSIX::setuid($uid);
}

sub value_of {
    my ($type, $value) = @{ $_[0] };
    return RPC::XML::array->new(map { value_of($_) } @$value) if $type eq 'array';
    return RPC::XML::struct->new({ map { $_ => value_of($value->{$_}) } keys %$value })
        if $type eq 'struct';
    return RPC::XML::base64->new(MIME::Base64::decode_base64($value)) if $type eq 'base64';
    return RPC::XML::datetime_iso8601->new($value) if $type eq 'dateTime';
    return "RPC::XML::$type"->new($value);
}

my ($kind, $port, $uid) = @ARGV;
become($uid) if defined $uid;
my $client = RPC::XML::Client->new("http://127.0.0.1:$port/RPC2", useragent => [keep_alive => 1]);

sub answer {
    my ($call) = @_;
    my $response = $client->send_request($call->{method}, map { value_of($_) } @{ $call->{typed} });
    return { error => "$response" } if !ref $response;
    return { fault => [ 0 + $response->code, $response->string ] } if $response->is_fault;
    return { result => $response->value };
}

while (my $line = <STDIN>) {
    my $answer = eval { answer($json->decode($line)) } // { error => "$@" };
    print $json->encode($answer), "\n";
}
