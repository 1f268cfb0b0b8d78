namespace ClemReg.Algorithms;

/// <summary>What went wrong, as Java and the command line tell it apart.</summary>
public enum ErrorKind
{
    /// <summary>A fault of this software.</summary>
    Internal = 1,
    /// <summary>Something that the user gave cannot be used: a parameter, an image, a file's content.</summary>
    BadInput = 2,
    /// <summary>The user cancelled.</summary>
    Cancelled = 3,
    /// <summary>A named thing (operation, file, handle) does not exist.</summary>
    NotFound = 4,
    /// <summary>The work needs more memory than there is.</summary>
    OutOfMemory = 5,
    /// <summary>A model, or the software that runs it, failed.</summary>
    Model = 6,
}

/// <summary>Base of the errors whose message is meant for the user.</summary>
public abstract class ClemRegException(ErrorKind kind, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The kind of error.</summary>
    public ErrorKind Kind { get; } = kind;
}

/// <summary>Something that the user gave cannot be used. The message names it, its value, what is allowed and what to try.</summary>
public sealed class BadInputException(string message, Exception? inner = null) : ClemRegException(ErrorKind.BadInput, message, inner)
{
    /// <summary>The usual sentence about a parameter: its name, its value, what is allowed, what to try.</summary>
    public static BadInputException ForParameter(string name, object? value, string allowed, string advice = "") =>
        new($"{name} = {Text(value)} is not allowed: it must be {allowed}.{(advice.Length == 0 ? "" : " " + advice)}");

    /// <summary>Checks that a number lies between two others, both included.</summary>
    /// <param name="name">The parameter's name.</param>
    /// <param name="value">Its value; NaN lies nowhere.</param>
    /// <param name="least">The least that is allowed.</param>
    /// <param name="most">The most that is allowed.</param>
    /// <exception cref="BadInputException">It does not.</exception>
    internal static void CheckRange(string name, double value, double least, double most)
    {
        if (!(value >= least && value <= most)) throw ForParameter(name, value, FormattableString.Invariant($"from {least:G6} to {most:G6}"));
    }

    private static string Text(object? value) => value switch
    {
        null => "(nothing)",
        string s => s.Length == 0 ? "(empty)" : s.Length > 80 ? s[..77] + "..." : s,
        IFormattable f => f.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}

/// <summary>A named thing does not exist.</summary>
public sealed class NotFoundException(string message) : ClemRegException(ErrorKind.NotFound, message);

/// <summary>The work needs more memory than there is. The message says how much and what makes it smaller.</summary>
public sealed class OutOfMemoryBudgetException(string message, Exception? inner = null)
    : ClemRegException(ErrorKind.OutOfMemory, message, inner);

/// <summary>A model, or the software that runs it, failed: the file, the library, the graphics processor. The message says what to try.</summary>
public sealed class ModelException(string message, Exception? inner = null) : ClemRegException(ErrorKind.Model, message, inner);
