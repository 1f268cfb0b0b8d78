using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Pipelines;

namespace ClemReg.Algorithms.Tests.Pipelines;

/// <summary>
/// Each parameter that an operation lists is read by its code: the parameter's field is loaded in a method that the operation's work can call (the calls are followed in the compiled code, no algorithm runs).
/// </summary>
public sealed class ParametersAreReadTests
{
    /// <summary>Operations to which Java hands on the parameters of another.</summary>
    private static readonly Dictionary<string, string[]> HandedOn = new()
    {
        ["register"] = ["register_plan", "segment_em", "overlay", "warp"],
        ["register_plan"] = ["register", "segment_em", "overlay", "warp"],
    };

    /// <summary>Parameters that are read elsewhere: before any operation's work, or by Java.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["preset"] = "ParameterFiles.Read",
        ["moving_frame"] = "RegisterInput.java",
        ["registration_direction"] = "RegisterWorkflow.java",
    };

    /// <summary>All but simulate_clem, which reads its whole list in one loop.</summary>
    public static IEnumerable<object[]> Names => Operations.All.Where(o => o.Name != "simulate_clem").Select(o => new object[] { o.Name });

    [Theory]
    [MemberData(nameof(Names))]
    public void EachIsReadByItsOperation(string name)
    {
        IEnumerable<string> readers = HandedOn.GetValueOrDefault(name, []).Append(name);
        HashSet<string> read = [.. readers.SelectMany(o => Read(Operations.Find(o)))];
        Assert.DoesNotContain(Operations.Find(name).Parameters, p => !read.Contains(p.Name) && !Elsewhere.ContainsKey(p.Name));
    }

    [Fact]
    public void OneThatIsNotReadIsFound()
    {
        var operation = new Operation("fake", "", "", [], [], [Lists.Read, Lists.Forgotten], (request, _) => Deeper(request));
        Assert.Equal(["read"], Read(operation));

        static OperationResult Deeper(OperationRequest request) =>
            new(new Dictionary<string, object>(), new() { ["value"] = Enumerable.Range(1, 1).Select(n => request.Values.Get(Lists.Read) ? n : 0).First() });
    }

    private static class Lists
    {
        public static readonly BooleanParameter Read = new("read", "", "", "", false), Forgotten = new("forgotten", "", "", "", false);
    }

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields().Select(f => f.GetValue(null)).OfType<OpCode>().ToDictionary(code => code.Value);

    /// <summary>The names of the parameters whose fields the operation's work can come to load.</summary>
    private static HashSet<string> Read(Operation operation)
    {
        var work = (Delegate)typeof(Operation).GetField("_run", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(operation)!;
        var names = new HashSet<string>();
        var seen = new HashSet<MethodBase>();
        var ahead = new Stack<MethodBase>([work.Method]);
        while (ahead.TryPop(out MethodBase? method))
        {
            if (!seen.Add(method) || method.GetMethodBody()?.GetILAsByteArray() is not { } code) continue;
            foreach (MemberInfo member in Members(method, code))
            {
                // Static constructors, which list the parameters, are not called by name, so they are not followed.
                if (member is FieldInfo { IsStatic: true } field && typeof(Parameter).IsAssignableFrom(field.FieldType)) names.Add(((Parameter)field.GetValue(null)!).Name);
                if (member is MethodBase { DeclaringType: { } type } called && IsOurs(type))
                {
                    ahead.Push(called);
                    // What a compiler-made class does (iterators) is called through an interface.
                    if (called.IsConstructor && type.IsDefined(typeof(CompilerGeneratedAttribute)))
                        foreach (MethodInfo own in type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)) ahead.Push(own);
                }
            }
        }
        return names;
    }

    private static bool IsOurs(Type type) => type.Assembly == typeof(Operation).Assembly || type.Assembly == typeof(ParametersAreReadTests).Assembly;

    /// <summary>The methods and fields that a method's code names.</summary>
    private static IEnumerable<MemberInfo> Members(MethodBase method, byte[] code)
    {
        Type[] types = method.DeclaringType is { IsGenericType: true } t ? t.GetGenericArguments() : [], own = method.IsGenericMethod ? method.GetGenericArguments() : [];
        for (int i = 0; i < code.Length;)
        {
            short value = code[i++];
            if (value == 0xFE) value = unchecked((short)(0xFE00 | code[i++]));
            OperandType operand = Codes[value].OperandType;
            if (operand is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineTok && method.Module.ResolveMember(BitConverter.ToInt32(code, i), types, own) is { } member) yield return member;
            i += operand switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, i)),
                _ => 4,
            };
        }
    }
}
