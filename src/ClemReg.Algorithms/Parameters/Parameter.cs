using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ClemReg.Algorithms.Parameters;

/// <summary>
/// The one definition of a parameter: dialogs, macro keys, parameter files, command-line options, SciJava commands and the reference
/// page are all made from it.
/// </summary>
public abstract class Parameter
{
    private protected Parameter(string name, string label, string group, string unit, string help)
    {
        Name = name;
        Label = label;
        Group = group;
        Unit = unit;
        Help = help;
    }

    /// <summary>The key, lower_snake_case.</summary>
    public string Name { get; }

    /// <summary>What a dialog shows, without the unit.</summary>
    public string Label { get; }

    /// <summary>The heading under which a dialog shows it.</summary>
    public string Group { get; private set; }

    /// <summary>The unit, or an empty text.</summary>
    public string Unit { get; }

    /// <summary>What it does and when to change it.</summary>
    public string Help { get; }

    /// <summary>Whether the command line takes it as an option of its own (--name) besides --set name=.</summary>
    public bool Option { get; init; }

    /// <summary>The same parameter under another heading, for an operation that hands it on to the one whose own it is.</summary>
    internal Parameter InGroup(string group)
    {
        var other = (Parameter)MemberwiseClone();
        other.Group = group;
        return other;
    }

    /// <summary>The type's name in the schema: number, integer, boolean, choice or text.</summary>
    public abstract string TypeName { get; }

    /// <summary>What is allowed, as the second half of "it must be …".</summary>
    public abstract string Allowed { get; }

    internal abstract object Default { get; }

    /// <summary>Checks a value from a JSON file or, as text, from a macro or the command line.</summary>
    internal abstract object Parse(JsonElement value);

    internal abstract JsonNode ToJson(object value);

    internal virtual void AddToSchema(JsonObject schema)
    {
    }

    internal JsonObject Schema()
    {
        var schema = new JsonObject
        {
            ["name"] = Name,
            ["label"] = Label,
            ["type"] = TypeName,
            ["unit"] = Unit,
            ["default"] = ToJson(Default),
            ["group"] = Group,
            ["help"] = Help,
            ["allowed"] = Allowed,
        };
        if (Option) schema["option"] = true;
        AddToSchema(schema);
        return schema;
    }

    private protected BadInputException Refuse(JsonElement value)
    {
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return BadInputException.ForParameter(Name, text, Allowed, $"Its default is {ToJson(Default).ToJsonString().Trim('"')}.");
    }
}

/// <summary>A parameter whose values are of type <typeparamref name="T"/>.</summary>
public abstract class Parameter<T> : Parameter where T : notnull
{
    private protected Parameter(string name, string label, string group, string unit, string help, T standard)
        : base(name, label, group, unit, help) => DefaultValue = standard;

    /// <summary>The value that holds when none is given.</summary>
    public T DefaultValue { get; }

    internal override object Default => DefaultValue;
}

/// <summary>A number within bounds.</summary>
public sealed class NumberParameter(
    string name, string label, string group, string unit, string help, double standard, double minimum, double maximum)
    : Parameter<double>(name, label, group, unit, help, standard)
{
    /// <summary>The least value allowed.</summary>
    public double Minimum { get; } = minimum;

    /// <summary>The largest value allowed.</summary>
    public double Maximum { get; } = maximum;

    /// <inheritdoc/>
    public override string TypeName => "number";

    /// <inheritdoc/>
    public override string Allowed =>
        string.Create(CultureInfo.InvariantCulture, $"a number from {Minimum:R} to {Maximum:R}") + (Unit.Length > 0 ? " " + Unit : "");

    internal override object Parse(JsonElement value)
    {
        bool ok = value.ValueKind switch
        {
            JsonValueKind.Number => value.TryGetDouble(out double n) && InRange(n),
            JsonValueKind.String => TryText(value, out double n) && InRange(n),
            _ => false,
        };
        if (!ok) throw Refuse(value);
        if (value.ValueKind == JsonValueKind.Number) return value.GetDouble();
        TryText(value, out double parsed);
        return parsed;
    }

    private bool InRange(double n) => n >= Minimum && n <= Maximum;

    private static bool TryText(JsonElement value, out double n) =>
        double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out n);

    internal override JsonNode ToJson(object value) => JsonValue.Create((double)value);

    internal override void AddToSchema(JsonObject schema)
    {
        schema["minimum"] = Minimum;
        schema["maximum"] = Maximum;
    }
}

/// <summary>A whole number within bounds.</summary>
public sealed class IntegerParameter(
    string name, string label, string group, string unit, string help, int standard, int minimum, int maximum)
    : Parameter<int>(name, label, group, unit, help, standard)
{
    /// <summary>The least value allowed.</summary>
    public int Minimum { get; } = minimum;

    /// <summary>The largest value allowed.</summary>
    public int Maximum { get; } = maximum;

    /// <inheritdoc/>
    public override string TypeName => "integer";

    /// <inheritdoc/>
    public override string Allowed => $"a whole number from {Minimum} to {Maximum}" + (Unit.Length > 0 ? " " + Unit : "");

    internal override object Parse(JsonElement value)
    {
        string text = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.String => value.GetString()!,
            _ => "",
        };
        // Fiji's dialogs and some JSON writers give whole numbers as 3.0.
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double n)
            && n == Math.Floor(n) && n >= Minimum && n <= Maximum)
            return (int)n;
        throw Refuse(value);
    }

    internal override JsonNode ToJson(object value) => JsonValue.Create((int)value);

    internal override void AddToSchema(JsonObject schema)
    {
        schema["minimum"] = Minimum;
        schema["maximum"] = Maximum;
    }
}

/// <summary>Yes or no.</summary>
public sealed class BooleanParameter(string name, string label, string group, string help, bool standard)
    : Parameter<bool>(name, label, group, "", help, standard)
{
    /// <inheritdoc/>
    public override string TypeName => "boolean";

    /// <inheritdoc/>
    public override string Allowed => "true or false";

    internal override object Parse(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String when bool.TryParse(value.GetString(), out bool b) => b,
        _ => throw Refuse(value),
    };

    internal override JsonNode ToJson(object value) => JsonValue.Create((bool)value);
}

/// <summary>One of a list of names.</summary>
public sealed class ChoiceParameter(string name, string label, string group, string help, string standard, params string[] choices)
    : Parameter<string>(name, label, group, "", help, standard)
{
    /// <summary>The names allowed.</summary>
    public IReadOnlyList<string> Choices { get; } = choices;

    /// <inheritdoc/>
    public override string TypeName => "choice";

    /// <inheritdoc/>
    public override string Allowed => Choices.Count == 1 ? Choices[0] : "one of " + string.Join(", ", Choices);

    internal override object Parse(JsonElement value)
    {
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return Choices.FirstOrDefault(c => c == text) ?? throw Refuse(value);
    }

    internal override JsonNode ToJson(object value) => JsonValue.Create((string)value);

    internal override void AddToSchema(JsonObject schema)
    {
        var list = new JsonArray();
        foreach (string choice in Choices) list.Add((JsonNode)choice);
        schema["choices"] = list;
    }
}

/// <summary>A text; what it may hold is checked where it is used.</summary>
public sealed class TextParameter(string name, string label, string group, string help, string standard, string allowed, string unit = "")
    : Parameter<string>(name, label, group, unit, help, standard)
{
    /// <inheritdoc/>
    public override string TypeName => "text";

    /// <inheritdoc/>
    public override string Allowed { get; } = allowed;

    internal override object Parse(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Refuse(value);

    internal override JsonNode ToJson(object value) => JsonValue.Create((string)value);
}
