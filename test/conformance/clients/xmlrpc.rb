# Ruby's XMLRPC::Client, driven by JSON lines (see ../typed-value.ts).
#
# usage: xmlrpc.rb tcp PORT | unix PATH [UID]
require 'json'
require 'socket'
require 'xmlrpc/client'

XMLRPC::Config.send(:remove_const, :ENABLE_NIL_CREATE)
XMLRPC::Config::ENABLE_NIL_CREATE = true
XMLRPC::Config.send(:remove_const, :ENABLE_NIL_PARSER)
XMLRPC::Config::ENABLE_NIL_PARSER = true
$stdout.sync = true

class XMLRPC::DateTime
  def to_json(*)
    format('%.4d%02d%02dT%02d:%02d:%02d', *to_a).to_json
  end
end

def value_of((type, value))
  case type
  when 'array' then value.map { |item| value_of(item) }
  when 'struct' then value.transform_values { |member| value_of(member) }
  when 'int', 'i8' then Integer(value)
  when 'double' then Float(value)
  when 'boolean' then value == '1'
  when 'nil' then nil
  when 'dateTime' then XMLRPC::DateTime.new(*value.scan(/\A(....)(..)(..)T(..):(..):(..)\z/).first.map(&:to_i))
  when 'base64' then XMLRPC::Base64.new(value.unpack1('m'))
  else value
  end
end

kind, where, uid = ARGV
if uid
  Process.groups = []
  Process::Sys.setgid(Integer(uid))
  Process::Sys.setuid(Integer(uid))
end
client = XMLRPC::Client.new('127.0.0.1', '/RPC2', kind == 'tcp' ? Integer(where) : nil)
if kind == 'unix'
  client.http.define_singleton_method(:connect) { @socket = Net::BufferedIO.new(UNIXSocket.new(where)) }
end

$stdin.each_line do |line|
  call = JSON.parse(line)
  answer =
    begin
      { result: client.call(call['method'], *call['typed'].map { |typed| value_of(typed) }) }
    rescue XMLRPC::FaultException => fault
      { fault: [fault.faultCode, fault.faultString] }
    rescue StandardError => error
      { error: error.inspect }
    end
  puts JSON.generate(answer)
end
